internal import SortieDevices
internal import SortieKVM

/// The inputs of the machine's interrupt controllers, whoever emulates them.
final class InterruptLines: Sendable {
  /// The I/O APIC, where it is this program's.
  let ioapic: IOAPIC?
  private let vm: VMBox
  private let shared: [SharedLine]

  init(vm: VMBox, irqchip: IRQChip, router: InterruptRouter) {
    self.vm = vm
    switch irqchip {
    case .kernel:
      ioapic = nil
      shared = (0..<InterruptRouter.ioapicPins).map { SharedLine(IRQChipLine(vm: vm, gsi: $0)) }
    case .split:
      ioapic = IOAPIC(sink: RoutedIOAPIC(router: router))
      shared = []
    }
  }

  /// A driver's end of global system interrupt `gsi`.
  func line(_ gsi: UInt32) -> any InterruptLine {
    guard let ioapic else { return shared[Int(gsi)].makeDriver() }
    guard let line = ioapic.line(pin: Int(gsi)) else { preconditionFailure("GSI \(gsi) is no pin") }
    return line
  }
}

/// What leaves the I/O APIC in user space: messages, and to KVM which of them are level triggered, for it exits only
/// where an interrupt ends that has a route (arch/x86/kvm/irq_comm.c, `kvm_scan_ioapic_routes`).
private final class RoutedIOAPIC: IOAPICSink {
  private let router: InterruptRouter

  init(router: InterruptRouter) { self.router = router }

  func deliver(_ message: MSIMessage) { router.send(message) }

  func routesChanged(pin: Int, message: MSIMessage?, isLevel: Bool) {
    // A masked pin keeps its route, which then costs nothing: no interrupt comes that could end.
    guard let message else { return }
    router.route(pin: pin, to: isLevel ? message : nil)
  }
}
