import SortieGate

/// How many operations make a block.
enum Calibration {
  /// Seconds of guest time that a block takes, at about: as much as making its machine.
  private static let blockSeconds = 0.01
  private static let trial: UInt64 = 50
  private static let iterations: ClosedRange<Double> = 50...2000

  /// The operations that a block of `workload` should have where `workers` run it, or why one of them cannot.
  ///
  /// - Throws: ``Failure`` when a worker fails.
  static func iterations(
    of workload: String, _ workers: [BlockWorker], tscKHz: UInt64
  ) throws(Failure) -> Result<UInt64, Obstacle> {
    var dearest: UInt64 = 1
    for worker in workers {
      let reply = try worker.run(BlockRequest(workload: workload, iterations: trial))
      guard reply.isCompleted, let median = reply.median else { return .failure(Obstacle(reply)) }
      dearest = max(dearest, median)
    }
    // Where the frequency is unknown, 1 GHz gives shorter blocks, no wrong ones.
    let cycles = blockSeconds * Double(tscKHz == 0 ? 1_000_000 : tscKHz) * 1000
    let count = min(max(cycles / Double(dearest), iterations.lowerBound), iterations.upperBound)
    return .success(UInt64(count))
  }
}

/// Why an operation is left out.
struct Obstacle: Error {
  let verdict: GateVerdict
  let reason: String

  /// An operation left out with this verdict for this reason.
  init(verdict: GateVerdict, reason: String) {
    self.verdict = verdict
    self.reason = reason
  }

  /// What a block that was not completed says.
  init(_ reply: BlockReply) {
    if reply.outcome.hasPrefix(BlockReply.unsupported) {
      verdict = .unsupported
      reason = String(reply.outcome.dropFirst(BlockReply.unsupported.count))
    } else {
      verdict = .notComparable
      reason = reply.outcome == "completed" ? "the guest took no stamps" : reply.outcome
    }
  }
}
