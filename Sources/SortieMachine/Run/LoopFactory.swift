internal import SortieDevices

/// What the run loops of one machine's vCPUs have in common.
struct LoopFactory: Sendable {
  let bus: Bus
  let filteredMSR: UInt32?
  let coalescedLock: SpinLock?
  let exitDelay: UInt64
  let ioapic: IOAPIC?

  /// The loop of one vCPU.
  @Sendable
  func make() -> RunLoop {
    RunLoop(
      handler: ExitHandler(bus: bus, filteredMSRIndex: filteredMSR, ioapic: ioapic),
      coalescedLock: coalescedLock, exitDelay: exitDelay)
  }
}
