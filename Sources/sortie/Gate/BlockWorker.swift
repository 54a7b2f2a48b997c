import SortieGate

/// A running `sortie blocks` of one side.
final class BlockWorker {
  private let side: Side
  private let child: Child

  /// Starts it.
  ///
  /// - Throws: ``Failure``.
  init(_ side: Side) throws(Failure) {
    self.side = side
    child = try Child([side.program, "blocks"] + side.options, environment: side.environment)
  }

  /// Has a block run, after what its side wants done to the host before.
  ///
  /// - Throws: ``Failure`` when the worker ends, says nothing, or says what this program does not understand.
  func run(_ request: BlockRequest) throws(Failure) -> BlockReply {
    try side.prepare()
    try child.send(request.line)
    let line = try child.line(limit: 2 * BlockRunner.limit)
    guard let reply = try? GateJSON.decode(BlockReply.self, line: line),
      reply.version == BlockReply.currentVersion,
      reply.workload == request.workload, reply.isConsistent
    else {
      throw Failure(
        "\(side.program) gave \"\(String(decoding: line.prefix(60), as: UTF8.self))\", which is no answer of `sortie blocks` "
          + "of this version; both sides must be of one")
    }
    return reply
  }
}
