import SortieGate

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
      reason =
        reply.outcome == "completed"
        ? "the guest took no stamps"
        : reply.outcome == "timeout"
          ? "a block did not end within \(Int(BlockRunner.limit)) s" : reply.outcome
    }
  }
}
