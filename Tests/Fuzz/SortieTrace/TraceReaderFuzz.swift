// A libFuzzer target for the trace reader, compiled into one module with Sources/SortieTrace.

private let fileHeader: [UInt8] = {
  var bytes = ByteBuffer()
  TraceHeader(
    identity: TraceIdentity(
      bootID: nil, traceID: TraceUUID(high: 1, low: 2), tscKHz: 1_000_000, tscIsInvariant: true)
  ).append(to: &bytes)
  return Array(bytes.bytes)
}()

/// Reads everything a reader can ask of a trace. Whatever the bytes, this ends, in bounded memory, without a trap.
private func readAll(_ bytes: [UInt8]) {
  guard let trace = try? TraceFile(bytes: bytes, name: "fuzz") else { return }
  for block in trace.blocks.prefix(64) {
    _ = try? trace.roundTrips(in: block)
    _ = try? trace.guestSpans(in: block)
  }
  _ = try? trace.siteCounts()
  _ = try? trace.rows(StreamRow.self)
  _ = try? trace.rows(VCPURow.self)
}

/// Gives each skippable frame in `bytes` a right checksum, and each block's payload, so that the fuzzer gets behind them.
private func mended(_ bytes: [UInt8]) -> [UInt8] {
  var bytes = bytes
  bytes.withUnsafeMutableBytes { all in
    var offset = 0
    while offset + 12 <= all.count {
      let magic = all.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
      let length = Int(all.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)) + 8
      guard magic == SkippableFrame.magic, length >= 12, length <= all.count - offset else {
        offset += 1
        continue
      }
      if length >= BlockHeader.fixedLength,
        all.loadUnaligned(fromByteOffset: offset + 8, as: UInt32.self) == BlockHeader.tag
      {
        let payload = Int(all.loadUnaligned(fromByteOffset: offset + 56, as: UInt32.self))
        if payload <= all.count - offset - length {
          let checksum = CRC32C.checksum(
            UnsafeRawBufferPointer(
              rebasing: UnsafeRawBufferPointer(all)[(offset + length)...].prefix(payload)))
          all.storeBytes(of: checksum, toByteOffset: offset + 64, as: UInt32.self)
        }
      }
      SkippableFrame.seal(UnsafeMutableRawBufferPointer(rebasing: all[offset..<(offset + length)]))
      offset += length
    }
  }
  return bytes
}

/// The first byte chooses how the rest is used: as a file, as a file with right checksums, as the blocks of one, or as
/// a column table with its contents.
func fuzzTraceReader(_ bytes: UnsafeRawBufferPointer) {
  let input = Array(bytes)
  guard let mode = input.first else { return }
  let bytes = Array(input.dropFirst())
  switch mode & 3 {
  case 0: readAll(bytes)
  case 1: readAll(mended(bytes))
  case 2: readAll(mended(fileHeader + bytes))
  default: decodeColumns(bytes)
  }
}

/// One byte of columns, two of rows, eight a column, then the contents.
private func decodeColumns(_ bytes: [UInt8]) {
  guard bytes.count >= 3 else { return }
  let columns = Int(bytes[0] & 7)
  let rows = UInt32(bytes[1]) | UInt32(bytes[2] & 15) << 8
  guard bytes.count >= 3 + columns * 8 else { return }
  let entries = (0..<columns).map { index in
    let entry = bytes[(3 + index * 8)...].prefix(8).map { $0 }
    return ColumnEntry(
      id: ColumnID(rawValue: UInt16(entry[0])), type: entry[1], packing: entry[2], predictor: entry[3],
      presence: entry[4], reference: ColumnID(rawValue: UInt16(entry[5])),
      length: UInt32(entry[6]) | UInt32(entry[7]) << 8)
  }
  let header = BlockHeader(
    type: .events, stream: 1, rows: rows, sequence: 0, rowsBefore: 0, range: nil, isRepeat: false,
    payloadLength: 0, contentLength: 0, payloadChecksum: 0, columns: entries)
  var content = ByteBuffer()
  bytes.dropFirst(3 + columns * 8).withUnsafeBytes { content.append(contentsOf: $0) }
  _ = try? BlockDecoder.decode(header, content.bytes, at: 0)
}
