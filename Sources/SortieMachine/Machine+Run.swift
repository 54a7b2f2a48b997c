internal import CLinuxKVM
import Glibc
internal import SortieKVM
internal import SystemPackage

/// What ended a machine's run.
public struct RunResult: Sendable {
  /// Why it ended.
  public enum Cause: Sendable, Equatable {
    /// A vCPU ended: which, how, and the guest RIP then.
    case guest(vcpu: Int, end: RunEnd, rip: UInt64)
    /// The time limit was reached.
    case timeout
    /// A signal asked for it.
    case signal(Int32)
    /// The caller gave up.
    case abandoned
  }

  /// Why it ended.
  public let cause: Cause
  /// Guest RIP of each vCPU at its end.
  public let lastRIP: [UInt64]
}

/// How far a running machine has come.
public struct RunProgress: Sendable {
  /// Round trips that the guest caused, over all vCPUs.
  public let roundTrips: UInt64
  /// Seconds since the vCPUs were started.
  public let seconds: Double
}

extension Machine {
  /// How often the main thread looks at the machine, ms.
  private static let tick: Int32 = 50

  /// Starts the vCPUs and waits until one ends, `timeout` seconds have passed, a signal comes, or `onTick` returns false,
  /// which is called on this thread some times a second; then stops them all. `onStart` is called once every vCPU has its
  /// thread and before any of them enters the guest.
  ///
  /// - Throws: ``MachineError/system(_:errno:)`` when threads cannot be started.
  public func run(
    timeout: Double?, signals: borrowing StopSignals, onStart: () -> Void = {},
    onTick: (RunProgress) -> Bool
  ) throws(MachineError) -> RunResult {
    do throws(MachineError) {
      for thread in threads { try thread.start(cpu: pinning.isEmpty ? nil : pinning[thread.index]) }
    } catch {
      stop()
      for thread in threads { thread.join() }
      throw error
    }
    gate.waitForArrivals(threads.count)
    onStart()
    let start = MonotonicClock.seconds()
    gate.open()
    var watches = threads.map { _ in VCPUWatch() }
    var cause: RunResult.Cause?
    while cause == nil {
      wait(signals)
      cause = ending(signals, since: start, timeout: timeout)
      for index in threads.indices { look(at: threads[index], &watches[index]) }
      let goesOn = onTick(
        RunProgress(
          roundTrips: threads.reduce(0) { $0 &+ $1.control.roundTrips },
          seconds: MonotonicClock.seconds() - start))
      if !goesOn, cause == nil { cause = .abandoned }
    }
    stop()
    for thread in threads { thread.join() }
    return RunResult(cause: cause ?? .timeout, lastRIP: threads.map { $0.outcome?.rip ?? 0 })
  }

  /// Asks every vCPU to end; they are gone when their threads are joined.
  func stop() {
    for thread in threads { thread.control.requestStop() }
    for thread in threads { thread.kick() }
    gate.open()
  }

  private func wait(_ signals: borrowing StopSignals) {
    var descriptors = [
      pollfd(fd: ended.descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    _ = poll(&descriptors, nfds_t(descriptors.count), Self.tick)
    ended.clear()
  }

  private func ending(
    _ signals: borrowing StopSignals, since start: Double, timeout: Double?
  ) -> RunResult.Cause? {
    for thread in threads {
      if let outcome = thread.outcome {
        return .guest(vcpu: thread.index, end: outcome.end, rip: outcome.rip)
      }
    }
    if let signal = signals.take() { return .signal(signal) }
    if let timeout, MonotonicClock.seconds() - start >= timeout { return .timeout }
    return nil
  }

  /// Kicks a vCPU that shows no sign of life for a while, so that it can be told whether it makes progress at all.
  private func look(at thread: VCPUThread, _ watch: inout VCPUWatch) {
    var signs = VCPUWatch.Signs(roundTrips: thread.control.roundTrips)
    // The head of the ring, whatever the guest makes of it: one that lies here only runs into the time limit.
    signs.spans = stampRing(thread.index)?.load(as: UInt64.self) ?? 0
    if let snapshot = thread.statistics() {
      signs.halts = snapshot["halt_exits"] ?? 0
      signs.isBlocked = snapshot["blocking"] == 1
    }
    guard watch.note(signs) else { return }
    thread.control.requestLook()
    thread.kick()
  }
}
