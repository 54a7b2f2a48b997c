internal import CLinuxKVM
internal import SortieDevices
internal import SortieKVM
import Synchronization

/// What other threads say to a vCPU thread, and what it lets them see. The vCPU thread only ever touches its atomics.
final class VCPUControl: Sendable {
  private let stopRequested = Atomic<Bool>(false)
  private let looking = Atomic<Bool>(false)
  private let roundTripCount = Atomic<UInt64>(0)
  private let stuck = Mutex(StuckDetector())
  private let memory: GuestRAM

  /// A control for a vCPU over guest RAM `memory`.
  init(memory: GuestRAM) {
    self.memory = memory
  }

  /// Round trips caused by the guest so far.
  var roundTrips: UInt64 { roundTripCount.load(ordering: .relaxed) }

  /// The next kick ends the vCPU's run.
  func requestStop() { stopRequested.store(true, ordering: .releasing) }

  /// The next kick looks whether the vCPU is stuck.
  func requestLook() { looking.store(true, ordering: .releasing) }

  /// Counts a return of `KVM_RUN` that the guest caused.
  @inline(__always)
  func countRoundTrip() {
    // Only this thread writes it, so a plain add is enough.
    roundTripCount.store(roundTripCount.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
  }

  /// Called on the vCPU thread when `KVM_RUN` returned for a signal or an immediate exit.
  func kicked(_ vcpu: borrowing VCPU) -> ExitOutcome {
    if stopRequested.load(ordering: .acquiring) { return .stop(.stopped) }
    vcpu.setImmediateExit(false)
    // A stop requested between the two lines above sets the byte again or finds it still set.
    if stopRequested.load(ordering: .acquiring) { return .stop(.stopped) }
    guard looking.exchange(false, ordering: .acquiringAndReleasing) else { return .resume }
    let registers = vcpu.syncRegisters
    let sample = StuckDetector.Sample(registers: registers, roundTrips: roundTrips)
    // A halted vCPU stands still as well, whatever bytes follow its HLT.
    guard stuck.withLock({ $0.note(sample) }), case .runnable? = try? vcpu.mpState(),
      let instruction = instruction(vcpu, at: registers.rip)
    else { return .resume }
    return .stop(.unsupported(instruction))
  }

  private func instruction(_ vcpu: borrowing VCPU, at rip: UInt64) -> UnsupportedInstruction? {
    guard let physical = try? vcpu.translate(rip)?.physicalAddress else { return nil }
    return memory.bytes(at: physical, count: 3).flatMap { UnsupportedInstruction(($0[0], $0[1], $0[2])) }
  }
}
