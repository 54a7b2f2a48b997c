internal import GuestABI
internal import SortieKVM

/// The port that injects an interrupt inside the kernel (`guest_abi.h`): one eventfd is KVM's ioeventfd and its irqfd,
/// so the guest's own write is what raises the interrupt, with no thread between.
///
/// The interrupt is a message (MSI): KVM delivers it in the very context that signals the eventfd, while a pin of an
/// interrupt controller would go through a work queue (virt/kvm/eventfd.c, `irqfd_wakeup`).
final class IRQFD: Sendable {
  private let event: EventFD

  init(_ vm: borrowing VirtualMachine) throws(MachineError) {
    do throws(KVMError) {
      event = try EventFD()
      try vm.setGSIRouting(Self.pins + [Self.message])
      try vm.assignIRQFD(event, gsi: Self.gsi)
      try vm.assignIOEventFD(event, address: UInt64(SORTIE_PORT_IRQFD), length: 4, kind: .pio)
    } catch {
      throw .kvm(error)
    }
  }

  private static let ioapicPins: UInt32 = 24
  private static let picPins: UInt32 = 8
  /// The first that is no pin.
  private static let gsi = ioapicPins

  /// Setting a route replaces the whole table, so the one that KVM starts with is in it (arch/x86/kvm/irq_comm.c,
  /// `default_routing`): each GSI is a pin of the I/O APIC, the first 16 are pins of the two PICs as well.
  private static let pins: [InterruptRoute] =
    (0..<ioapicPins).map { .irqchip(gsi: $0, chip: 2, pin: $0) }
    + (0..<2 * picPins).map { .irqchip(gsi: $0, chip: $0 / picPins, pin: $0 % picPins) }

  /// To APIC ID 0, physical, fixed, edge (Intel SDM vol. 3, 11.11).
  private static let message = InterruptRoute.msi(gsi: gsi, address: 0xfee0_0000, data: SORTIE_IRQFD_VECTOR)
}
