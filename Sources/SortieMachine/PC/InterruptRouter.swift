internal import SortieDevices
internal import SortieKVM
internal import Synchronization

/// KVM's table of interrupt routes: the pins of the interrupt controllers, and one global system interrupt (GSI) for each
/// message vector that an irqfd raises.
///
/// KVM only takes whole tables (KVM_SET_GSI_ROUTING), and each costs a grace period of its readers, so a route that stays
/// the same is not set again.
final class InterruptRouter: Sendable {
  /// Pins of the I/O APIC, and so the first GSI that is none.
  static let ioapicPins: UInt32 = 24

  private struct State {
    /// By GSI.
    var messages: [MSIMessage?]
    /// Pins of an I/O APIC in user space: the message of each, which KVM needs to tell their ends of interrupt.
    var pins: [MSIMessage?]
  }

  private let vm: VMBox
  /// KVM emulates the I/O APIC and the two PICs.
  private let isInKernel: Bool
  private let state: Mutex<State>

  /// A router over `vm`, whose irqchip is in the kernel or split.
  init(vm: VMBox, irqchip: IRQChip) {
    self.vm = vm
    isInKernel = irqchip == .kernel
    state = Mutex(State(messages: [], pins: Array(repeating: nil, count: Int(Self.ioapicPins))))
    if isInKernel { state.withLock { apply($0) } }
  }

  /// A GSI of its own for a message vector; it has no route yet.
  ///
  /// - Throws: ``MachineError`` where KVM takes no more routes.
  func allocate() throws(MachineError) -> UInt32 {
    let limit = Int(vm.vm.capability(.irqRouting))
    let gsi = state.withLock { state -> UInt32? in
      guard Self.pinRoutes + state.messages.count < limit else { return nil }
      state.messages.append(nil)
      return Self.ioapicPins + UInt32(state.messages.count - 1)
    }
    guard let gsi else {
      throw .missing(capability: "free interrupt routes (of \(limit))", purpose: "so many devices")
    }
    return gsi
  }

  /// Sets where the messages of `gsi` go; nil: nowhere.
  func route(_ gsi: UInt32, to message: MSIMessage?) {
    state.withLock { state in
      let index = Int(gsi - Self.ioapicPins)
      guard state.messages[index] != message else { return }
      state.messages[index] = message
      apply(state)
    }
  }

  /// Says what pin `pin` of the I/O APIC in user space sends.
  func route(pin: Int, to message: MSIMessage?) {
    state.withLock { state in
      guard state.pins[pin] != message else { return }
      state.pins[pin] = message
      apply(state)
    }
  }

  /// Sends `message` now (KVM_SIGNAL_MSI). KVM refuses what is no interrupt message, as a bus would drop it.
  func send(_ message: MSIMessage) { _ = try? vm.vm.signalMSI(address: message.address, data: message.data) }

  private static let pinRoutes = Int(ioapicPins) + 16

  /// A hostile guest may program messages that KVM refuses; the table before stays then.
  private func apply(_ state: borrowing State) {
    var routes = isInKernel ? Self.pins : []
    for (gsi, message) in state.pins.enumerated() {
      if let message {
        routes.append(.msi(gsi: UInt32(gsi), address: message.address, data: message.data))
      }
    }
    for (index, message) in state.messages.enumerated() {
      if let message {
        routes.append(
          .msi(gsi: Self.ioapicPins + UInt32(index), address: message.address, data: message.data))
      }
    }
    try? vm.vm.setGSIRouting(routes)
  }

  private static let picPins: UInt32 = 8
  /// The pin of the I/O APIC that a PC's timer drives, as the MADT says.
  private static let timerPin: UInt32 = 2

  /// Setting a route replaces the whole table, so what KVM starts with is in it (arch/x86/kvm/irq_comm.c,
  /// `default_routing`): each GSI is a pin of the I/O APIC, the first 16 are pins of the two PICs as well. KVM's PIT raises
  /// GSI 0, which is wired to pin `timerPin`; the pin's own GSI has none then.
  private static let pins: [InterruptRoute] =
    (0..<ioapicPins).filter { $0 != timerPin }
    .map { .irqchip(gsi: $0, chip: 2, pin: $0 == 0 ? timerPin : $0) }
    + (0..<2 * picPins).map { .irqchip(gsi: $0, chip: $0 / picPins, pin: $0 % picPins) }
}
