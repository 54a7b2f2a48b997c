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
  private var kernel: KernelTier?
  private let settings: RunSettings
  /// Where the guest's console goes; nil: only its end is kept, for messages.
  private let console: ConsoleEnd?
  private var progress = Progress()

  /// Looks at this host; the trace at `path` is started with the first guest, whose console goes where `console` says.
  ///
  /// - Throws: ``Failure``.
  init(path: FilePath, settings: RunSettings, console: String?) throws(Failure) {
    // First of all, for the threads that are started later inherit it.
    let signals = try Self.blockSignals()
    let host = try HostUnderTest()
    if host.emulatesGuestCode {
      Terminal.note(
        "this KVM emulates guest code: user-space round trips are real, hardware exits do not exist here")
    }
    // Signals that would leave a terminal in disorder are blocked by now.
    var end: ConsoleEnd?
    if let console { end = try ConsoleEnd(console) }
    self.path = path
    self.signals = signals
    self.host = host
    self.settings = settings
    self.console = end
  }

  private static func blockSignals() throws(Failure) -> StopSignals {
    do { return try StopSignals() } catch { throw Failure(error) }
  }

  /// Runs `guest` to its end, the time limit or a signal, and takes its events into the trace.
  ///
  /// - Throws: ``Failure`` when it could not be run at all.
  mutating func record(_ guest: Guest, position: String = "") throws(Failure) -> RunOutcome {
    try record(try GuestRun(guest, settings, on: host), position: position, timeout: settings.timeout)
  }

  /// Boots a PC, anew whenever its guest resets it and `options` say so.
  ///
  /// - Throws: ``Failure`` when it could not be run at all.
  mutating func record(_ pc: PCConfiguration, _ options: PCOptions) throws(Failure) -> RunOutcome {
    if host.emulatesGuestCode {
      Terminal.note(
        "this KVM needs some 4,000 cycles an instruction: an operating system takes hours to boot")
    }
    // One limit for all its boots.
    let end = settings.timeout.map { MonotonicClock.seconds() + $0 }
    func left() -> Double? { end.map { max(0, $0 - MonotonicClock.seconds()) } }
    var outcome = try record(try GuestRun(pc, options, on: host), timeout: left())
    while outcome.isReset, options.onReboot == .restart {
      Terminal.note("the guest has reset the machine, which starts anew")
      outcome = try record(try GuestRun(pc, options, on: host), timeout: left())
    }
    return outcome
  }

  private mutating func record(
    _ run: GuestRun, position: String = "", timeout: Double?
  ) throws(Failure) -> RunOutcome {
    let session = try startedSession()
    let name = position + run.guest.name
    let outcome = try session.record(run, timeout: timeout, signals: signals) { state in
      let request = serve(run.machine)
      if request == .powerButton, !run.machine.pressPowerButton() {
        Terminal.note("the guest does not listen to its power button")
      }
      if console?.ownsTerminal != true {
        let recorded = session.progress
        progress.show(
          "\(name): \(state.roundTrips) round trips, \(recorded.events) events recorded, \(recorded.drops) dropped, "
            + "\(Int(state.seconds)) s", seconds: state.seconds)
      }
      return request != .end
    }
    progress.clear()
    _ = serve(run.machine)
    for (device, fault) in run.machine.deviceFaults {
      Terminal.note("\(name): \(device) stopped for what its guest did: \(fault)")
    }
    explain(outcome, name, run.machine.console)
    return outcome
  }

  private mutating func startedSession() throws(Failure) -> TraceSession {
    if let session { return session }
    let kernel = KernelTier(settings.kernel)
    let started = try TraceSession(
      path: path, host: host.description, kernel: kernel, measuresProbes: true,
      mostBytes: settings.mostBytes)
    if settings.kernel != nil { for note in kernel.notes { Terminal.note(note) } }
    started.measureKernelEvents(host.system)
    session = started
    self.kernel = kernel
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
    defer { kernel?.close() }
    try session?.finish()
    return session?.progress
  }

  /// Passes on what the guest wrote to its consoles and what was typed for it, and returns what was asked for meanwhile.
  private func serve(_ machine: Machine) -> ConsoleEnd.Request? {
    guard let console else { return nil }
    for output in [machine.console, machine.virtioConsole].compactMap(\.self) {
      let (bytes, overwritten) = output.drain()
      if overwritten > 0 {
        Terminal.note("\(overwritten) bytes of the guest's console came too fast and are lost")
      }
      console.write(bytes)
    }
    return console.read(into: machine.serialInput)
  }

  private func explain(_ outcome: RunOutcome, _ name: String, _ output: Console) {
    guard outcome.status != .success || outcome.ownStatus != nil else { return }
    Terminal.note("\(name): \(outcome.text)")
    let said = output.tail(2000)
    let isOfGuest = [.guestFailed, .unsupportedHere].contains(outcome.status) || outcome.ownStatus != nil
    if console == nil, isOfGuest, !said.isEmpty {
      Terminal.note("the last the guest wrote to its serial port:\n\(said)")
    }
  }
}
