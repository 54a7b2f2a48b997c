/// Reads blocks from a file, one after another, with memory of its own.
struct BlockReader: ~Copyable {
  private let input: TraceInput
  private var buffer = ByteBuffer(capacity: TraceLimits.blockFrame)

  init(_ input: TraceInput) { self.input = input }

  /// The header of the block at `offset`. Throws ``TraceError/corrupted(offset:what:)`` where there is none.
  mutating func header(at offset: UInt64) throws(TraceError) -> TraceBlock {
    try input.read(at: offset, TraceLimits.blockFrame, into: &buffer)
    let (header, frameLength) = try BlockHeader.parse(buffer.bytes, at: offset)
    return TraceBlock(
      offset: offset, length: UInt64(frameLength) + UInt64(header.payloadLength), header: header)
  }

  /// Checks that the payload of `block` is there and is what was written.
  mutating func verifyPayload(of block: TraceBlock) throws(TraceError) {
    try input.read(at: block.payloadOffset, Int(block.header.payloadLength), into: &buffer)
    guard buffer.count == Int(block.header.payloadLength) else {
      throw .corrupted(
        offset: block.offset,
        what: "payload of \(block.header.payloadLength) bytes is cut off after \(buffer.count)")
    }
    guard CRC32C.checksum(buffer.bytes) == block.header.payloadChecksum else {
      throw .corrupted(offset: block.payloadOffset, what: "payload does not match its checksum")
    }
  }

  /// The rows of `block`.
  mutating func decode(_ block: TraceBlock) throws(TraceError) -> ColumnSet {
    try verifyPayload(of: block)
    var content = ByteBuffer(capacity: Int(block.header.contentLength))
    try ZstdDecompressor.append(
      buffer.bytes, length: Int(block.header.contentLength), to: &content, at: block.payloadOffset)
    return try BlockDecoder.decode(block.header, content.bytes, at: block.offset)
  }
}
