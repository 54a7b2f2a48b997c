import SortieMachine
import SortieTrace

extension TraceSession {
  /// Runs a guest to its end, the time limit or a signal, and takes its events into the trace. `onTick` is called now and
  /// then meanwhile, and ends the guest where it returns false.
  ///
  /// - Throws: ``Failure`` when it could not be run at all.
  func record(
    _ run: GuestRun, timeout: Double?, signals: borrowing StopSignals, onTick: (RunProgress) -> Bool
  ) throws(Failure) -> RunOutcome {
    var attachment = try attach(run.machine, image: run.image, attributes: run.attributes)
    let result: RunResult
    do {
      result = try run.machine.run(
        timeout: timeout, signals: signals, onStart: { started(&attachment, run.machine) }
      ) { state in
        // A guest whose events cannot be kept is not worth its time.
        onTick(state) && !progress.hasFailed
      }
    } catch {
      detach(attachment, run.machine, attributes: ["outcome": "failed: \(error)"])
      throw Failure(error)
    }
    let isEnded = result.cause == .abandoned && !progress.hasFailed
    let outcome =
      isEnded ? RunOutcome.endedAtConsole : RunOutcome(result, of: run)
    var attributes = ["outcome": outcome.text]
    if let status = outcome.guestStatus { attributes["exit_status"] = "\(status)" }
    if let io = outcome.io { attributes.merge(io.attributes) { $1 } }
    detach(attachment, run.machine, attributes: attributes)
    return outcome
  }
}
