/// Who emulates the interrupt controllers.
public enum IRQChip: String, Sendable, CaseIterable {
  /// KVM: local APICs, I/O APIC, the two PICs and the PIT.
  case kernel
  /// KVM has the local APICs; I/O APIC and PIT are this program's, and there is no PIC (KVM_CAP_SPLIT_IRQCHIP).
  case split
}
