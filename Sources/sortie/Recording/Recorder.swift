import Glibc
import SortieMachine
import SortieProbes
import SortieTrace
import SystemPackage
import WorkloadCatalog

/// Runs guests one after the other into one trace.
struct Recorder: ~Copyable {
  private let host: HostUnderTest
  private let signals: StopSignals
  private let path: FilePath
  /// Made when the first guest is ready to run: an older trace is not given up for a guest that cannot be loaded.
  private var session: TraceSession?
  private let settings: RunSettings
  /// Where the guest's serial output goes; nil: only its end is kept, for messages.
  private let console: FileDescriptor?
  private var progress = Progress()

  /// Looks at this host; the trace at `path` is started with the first guest.
  ///
  /// - Throws: ``Failure``.
  init(path: FilePath, settings: RunSettings, console: FileDescriptor?) throws(Failure) {
    // First of all, for the threads that are started later inherit it.
    let signals = try Self.blockSignals()
    let host = try HostUnderTest()
    if host.emulatesGuestCode {
      Terminal.note(
        "this KVM emulates guest code: user-space round trips are real, hardware exits do not exist here")
    }
    self.path = path
    self.signals = signals
    self.host = host
    self.settings = settings
    self.console = console
  }

  private static func blockSignals() throws(Failure) -> StopSignals {
    do { return try StopSignals() } catch { throw Failure(error) }
  }

  /// Runs `guest` to its end, the time limit or a signal, and takes its events into the trace.
  ///
  /// - Throws: ``Failure`` when it could not be run at all.
  mutating func record(_ guest: Guest, position: String = "") throws(Failure) -> RunOutcome {
    let run = try GuestRun(guest, settings, on: host)
    let session = try startedSession()
    var attachment = try session.attach(run.machine, image: run.image, attributes: run.attributes)
    let name = position + guest.name
    let result: RunResult
    do {
      result = try run.machine.run(
        timeout: settings.timeout, signals: signals, onStart: { session.started(&attachment, run.machine) }
      ) { state in
        forward(run.machine.console)
        let recorded = session.progress
        progress.show(
          "\(name): \(state.roundTrips) round trips, \(recorded.events) events recorded, \(recorded.drops) dropped, "
            + "\(Int(state.seconds)) s", seconds: state.seconds)
        // A guest whose events cannot be kept is not worth its time.
        return !recorded.hasFailed
      }
    } catch {
      session.detach(attachment, run.machine, attributes: ["outcome": "failed: \(error)"])
      throw Failure(error)
    }
    progress.clear()
    forward(run.machine.console)
    let outcome = RunOutcome(result, guest: guest, image: run.image)
    var attributes = ["outcome": outcome.text]
    if let status = outcome.guestStatus { attributes["exit_status"] = "\(status)" }
    session.detach(attachment, run.machine, attributes: attributes)
    explain(outcome, name, run.machine.console)
    return outcome
  }

  private mutating func startedSession() throws(Failure) -> TraceSession {
    if let session { return session }
    let started = try TraceSession(path: path, host: host.description, kernel: settings.kernel)
    started.measureKernelEvents(host.system)
    session = started
    return started
  }

  /// Measures what the guest's stamps cost by running the null loop, outside the trace.
  func measureGuestStamps() {
    guard let workload = Workload.named("empty"), let guest = try? Guest(workload) else { return }
    var settings = RunSettings()
    settings.iterations = Self.nullLoopIterations
    settings.pinning = Array(self.settings.pinning.prefix(1))
    guard let run = try? GuestRun(guest, settings, on: host),
      (try? run.machine.run(timeout: Self.nullLoopSeconds, signals: signals) { _ in true }) != nil,
      let region = run.machine.stampRing(0)
    else { return }
    var ring = GuestStampRing(region: region, capacity: run.machine.stampRingCapacity)
    var cycles: [UInt64] = []
    _ = ring.drain { spans in cycles += spans.lazy.filter { $0.g1 >= $0.g0 }.map { $0.g1 - $0.g0 } }
    guard !cycles.isEmpty else { return }
    cycles.sort()
    session?.note(
      ProbeCostRow(
        name: "guest stamps", cycles: cycles[cycles.count / 2],
        method: "median g1 - g0 of \(cycles.count) turns of the null loop"))
  }

  private static let nullLoopIterations: UInt64 = 300
  private static let nullLoopSeconds = 5.0

  /// Ends the trace.
  ///
  /// - Throws: ``Failure`` with the error that ended the recording early, if one did.
  func finish() throws(Failure) -> RecorderProgress? {
    try session?.finish()
    return session?.progress
  }

  private func forward(_ output: Console) {
    guard let console else { return }
    let (bytes, overwritten) = output.drain()
    if overwritten > 0 {
      Terminal.note("\(overwritten) bytes of the guest's console came too fast and are lost")
    }
    guard !bytes.isEmpty else { return }
    do { try console.writeAll(bytes) } catch {
      Terminal.note("the guest's console cannot be written: \(error)")
    }
  }

  private func explain(_ outcome: RunOutcome, _ name: String, _ output: Console) {
    switch outcome.status {
    case .success: return
    case .unsupportedHere: Terminal.note("\(name): not supported by this host: \(outcome.text)")
    default: Terminal.note("\(name): \(outcome.text)")
    }
    let said = output.tail(2000)
    if console == nil, outcome.status == .guestFailed || outcome.status == .unsupportedHere, !said.isEmpty {
      Terminal.note("the last the guest wrote to its serial port:\n\(said)")
    }
  }
}
