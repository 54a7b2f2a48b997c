import Synchronization

/// What a running device tells its transport. It shares no lock with the driver's registers: a reset waits
/// for the device's threads with those locked, and the threads may be here.
final class VirtioCondition: VirtioInterrupts {
  private struct Fault {
    var isCurrent = false
    var first: VirtioFault?
  }

  private let interrupts: any VirtioTransportInterrupts
  private let fault = Mutex(Fault())
  private let changes = Atomic<UInt8>(0)

  init(_ interrupts: any VirtioTransportInterrupts) { self.interrupts = interrupts }

  /// Whether the status shows DEVICE_NEEDS_RESET.
  var needsReset: Bool { fault.withLock { $0.isCurrent } }
  /// The first fault of all, through resets.
  var firstFault: VirtioFault? { fault.withLock { $0.first } }
  /// Changes with the configuration, so that a driver can tell that it read all of it from one (section
  /// 2.5.2).
  var configurationGeneration: UInt8 { changes.load(ordering: .acquiring) }

  func usedBuffers(queue: Int) { interrupts.usedBuffers(queue: queue) }

  func configurationChanged() {
    changes.wrappingAdd(1, ordering: .releasing)
    interrupts.configurationChanged()
  }

  func needsReset(_ fault: VirtioFault) {
    self.fault.withLock { known in
      known.isCurrent = true
      known.first = known.first ?? fault
    }
    interrupts.configurationChanged()
  }

  func callDescriptor(queue: Int) -> Int32? { interrupts.callDescriptor(queue: queue) }

  /// The device has stopped.
  func reset() {
    fault.withLock { $0.isCurrent = false }
    interrupts.reset()
  }
}
