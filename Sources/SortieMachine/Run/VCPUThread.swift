internal import CLinuxKVM
import Glibc
internal import SortieDevices
internal import SortieKVM
internal import SortieTrace
import Synchronization
internal import SystemPackage

/// One vCPU on one OS thread of its own.
final class VCPUThread: @unchecked Sendable {
  let index: Int
  let vcpu: VCPU
  let ring: RecordRing<RoundTripRecord>
  let control: VCPUControl

  // Opened beforehand: the call would wait for a vCPU that runs, reading does not.
  private let statisticsFile: StatisticsFile?
  private let threadID = Atomic<Int32>(0)
  private let hasEnded = Atomic<Bool>(false)
  private let onEnd: @Sendable () -> Void
  private let makeLoop: @Sendable () -> RunLoop
  private let gate: StartGate
  private var thread = pthread_t()
  private var isStarted = false
  // Written by the thread before it ends, read after it is known to have ended.
  private var end = RunEnd.stopped
  private var lastRIP: UInt64 = 0
  private var readings: [SchedulerReading] = []
  private var readingObstacle: Errno?

  init(
    index: Int, vcpu: consuming VCPU, ring: RecordRing<RoundTripRecord>, memory: GuestRAM,
    gate: StartGate,
    makeLoop: @escaping @Sendable () -> RunLoop, onEnd: @escaping @Sendable () -> Void
  ) {
    self.index = index
    statisticsFile = try? vcpu.statistics()
    self.vcpu = vcpu
    self.ring = ring
    control = VCPUControl(memory: memory)
    self.gate = gate
    self.makeLoop = makeLoop
    self.onEnd = onEnd
  }

  /// The kernel's id of the thread; 0 until it runs.
  var kernelID: Int32 { threadID.load(ordering: .acquiring) }

  /// KVM's counters of the vCPU now, from any thread; nil where this kernel has none.
  func statistics() -> StatisticsSnapshot? { try? statisticsFile?.snapshot() }

  /// How the vCPU's run ended and the guest RIP then; nil while it runs.
  var outcome: (end: RunEnd, rip: UInt64)? {
    hasEnded.load(ordering: .acquiring) ? (end, lastRIP) : nil
  }

  /// What the scheduler had counted of the thread just before its first `KVM_RUN` and just after its last, or why that
  /// is not known; nil while it runs.
  var schedulerReadings: Result<(first: SchedulerReading, last: SchedulerReading), Errno>? {
    guard hasEnded.load(ordering: .acquiring) else { return nil }
    guard readings.count == 2 else { return .failure(readingObstacle ?? .ioError) }
    return .success((readings[0], readings[1]))
  }

  /// Starts the thread, on host CPU `cpu` only if that is given.
  ///
  /// - Throws: ``MachineError/system(_:errno:)``.
  func start(cpu: Int?) throws(MachineError) {
    let context = Unmanaged.passRetained(self)
    let error = sortie_thread_start(
      &thread, Int32(cpu ?? -1),
      { context in
        guard let context else { return nil }
        Unmanaged<VCPUThread>.fromOpaque(context).takeRetainedValue().main()
        return nil
      }, context.toOpaque())
    guard error == 0 else {
      context.release()
      throw .system(
        cpu.map { "--pin \($0): no thread can be started on that CPU (`sortie doctor --json` lists them)" }
          ?? "pthread_create", errno: Errno(rawValue: error))
    }
    isStarted = true
  }

  /// Makes `KVM_RUN` return, now or when it is next called.
  func kick() {
    vcpu.setImmediateExit(true)
    let id = kernelID
    if id != 0, !hasEnded.load(ordering: .acquiring) { _ = sortie_kick(id) }
  }

  /// Waits until the thread is gone.
  func join() {
    guard isStarted else { return }
    isStarted = false
    _ = sortie_thread_join(thread)
  }

  private func main() {
    sortie_name_thread("vcpu\(index)")
    threadID.store(sortie_thread_id(), ordering: .releasing)
    var loop = makeLoop()
    var producer = ring.makeProducer()
    var account = SchedulerAccount()
    gate.pass()
    let first = account.read()
    end = loop.run(vcpu, &producer, control)
    let last = account.read()
    readings = [first, last].compactMap(\.self)
    readingObstacle = account.obstacle
    lastRIP = vcpu.syncRIP
    hasEnded.store(true, ordering: .releasing)
    onEnd()
  }
}
