/// Finds the whole blocks of a file without its index: from header to header, and behind damage from the next skippable
/// frame whose checksum is right.
struct TraceScan {
  private(set) var blocks: [TraceBlock] = []
  private(set) var damage: [TraceDamage] = []
  /// Headers of blocks whose payload is damaged or cut off: what they held is known, and lost.
  private(set) var lost: [TraceBlock] = []
  /// Whether the last bytes are a trailer.
  private(set) var hasTrailer = false

  private static let window = 1 << 20

  /// Scans `input` from `start`, the end of the header, to its end.
  init(_ input: TraceInput, from start: UInt64, verifyingPayloads: Bool) throws(TraceError) {
    var reader = BlockReader(input)
    var offset = start
    while offset < input.size {
      do throws(TraceError) {
        let block = try reader.header(at: offset)
        offset = try take(block, input, &reader, verifyingPayloads)
      } catch {
        guard case .read = error else {
          if try Self.isEnd(input, offset) {
            hasTrailer = true
            return
          }
          let next = try Self.resynchronize(input, from: offset + 1, &reader)
          damage.append(TraceDamage(offset: offset, length: next - offset, reason: error.description))
          offset = next
          continue
        }
        throw error
      }
    }
  }

  /// Adds `block` to the whole or to the lost ones; returns where the next one begins.
  private mutating func take(
    _ block: TraceBlock, _ input: TraceInput, _ reader: inout BlockReader, _ verifyingPayloads: Bool
  ) throws(TraceError) -> UInt64 {
    let end = block.offset + block.length
    do throws(TraceError) {
      guard end <= input.size else {
        throw .corrupted(
          offset: block.offset,
          what: "block of \(block.length) bytes is cut off after \(input.size - block.offset)")
      }
      if verifyingPayloads { try reader.verifyPayload(of: block) }
      blocks.append(block)
    } catch {
      if case .read = error { throw error }
      lost.append(block)
      let length = min(end, input.size) - block.offset
      damage.append(TraceDamage(offset: block.offset, length: length, reason: error.description))
    }
    return min(end, input.size)
  }

  /// Whether header copy and trailer, the end of a whole file, stand at `offset`.
  private static func isEnd(_ input: TraceInput, _ offset: UInt64) throws(TraceError) -> Bool {
    guard input.size - offset > UInt64(TraceTrailer.length),
      input.size - offset <= UInt64(TraceLimits.blockFrame + TraceTrailer.length)
    else { return false }
    var bytes = ByteBuffer()
    try input.read(at: offset, TraceLimits.blockFrame, into: &bytes)
    guard (try? TraceHeader(bytes.bytes, at: offset, path: input.path)) != nil else { return false }
    let trailer = input.size - UInt64(TraceTrailer.length)
    try input.read(at: trailer, TraceTrailer.length, into: &bytes)
    return (try? TraceTrailer(bytes.bytes, at: trailer)) != nil
  }

  /// Where the next block with a valid header begins, from `start` on, or the end of the file.
  private static func resynchronize(
    _ input: TraceInput, from start: UInt64, _ reader: inout BlockReader
  ) throws(TraceError) -> UInt64 {
    var buffer = ByteBuffer(capacity: window)
    var windowStart = start
    while windowStart < input.size {
      try input.read(at: windowStart, window, into: &buffer)
      let bytes = buffer.bytes
      guard bytes.count >= SkippableFrame.magicBytes.count else { return input.size }
      for index in 0...(bytes.count - SkippableFrame.magicBytes.count) {
        guard
          UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self))
            == SkippableFrame.magic
        else { continue }
        let candidate = windowStart + UInt64(index)
        if (try? reader.header(at: candidate)) != nil { return candidate }
        if try isEnd(input, candidate) { return candidate }
      }
      windowStart += UInt64(bytes.count - SkippableFrame.magicBytes.count + 1)
    }
    return input.size
  }
}
