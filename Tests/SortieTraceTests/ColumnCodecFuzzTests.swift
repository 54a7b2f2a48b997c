import Testing

@testable import SortieTrace

@Suite struct ColumnCodecFuzzTests {
  /// Checksums keep random damage away from the decoder; a hostile file has right checksums. So the decoder is given
  /// random column tables and contents directly.
  @Test(arguments: 0..<(isLong ? 400 : 10)) func decoderBoundsWhateverItIsGiven(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed) + 1000)
    for _ in 0..<200 {
      let columns = Int(random.next() % 6)
      var content = (0..<Int(random.next() % 200)).map { _ in
        random.next() % 3 == 0 ? UInt8(truncatingIfNeeded: random.next()) : UInt8(random.next() % 4)
      }
      var rest = content.count
      let entries = (0..<columns).map { index in
        let length = index == columns - 1 ? rest : Int(random.next() % UInt64(rest + 1))
        rest -= length
        return ColumnEntry(
          id: ColumnID(rawValue: UInt16(random.next() % 8)), type: UInt8(1 + random.next() % 3),
          packing: UInt8([0, 1, 2, 3, 4, 16, 99][Int(random.next() % 7)]),
          predictor: UInt8(random.next() % 4),
          presence: UInt8(random.next() % 3), reference: ColumnID(rawValue: UInt16(random.next() % 8)),
          length: UInt32(length))
      }
      content += [UInt8](repeating: 0, count: 8)
      let header = BlockHeader(
        type: .events, stream: 1, rows: UInt32(random.next() % 20), sequence: 0, rowsBefore: 0, range: nil,
        isRepeat: false, payloadLength: 0, contentLength: 0, payloadChecksum: 0, columns: entries)
      content.withUnsafeBytes { bytes in
        let content = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - 8)])
        guard let set = try? BlockDecoder.decode(header, content, at: 0) else { return }
        #expect(set.columns.allSatisfy { $0.values.count == Int(header.rows) })
      }
    }
  }

  /// Valid blocks with single fields of their column table changed.
  @Test(arguments: 0..<(isLong ? 400 : 10)) func decoderSurvivesChangedColumnTables(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed) + 5000)
    let set = RandomColumns.set(using: &random, maximumRows: 100)
    var encoder = try BlockEncoder()
    let header = try encoder.encode(set, BlockEncoder.Place(type: .events, stream: 1))
    let frame = BlockHeader.frameLength(columns: header.columns.count)
    var content = ByteBuffer()
    try ZstdDecompressor.append(
      UnsafeRawBufferPointer(rebasing: encoder.block.bytes[frame...]), length: Int(header.contentLength),
      to: &content, at: 0)
    #expect(try BlockDecoder.decode(header, content.bytes, at: 0) == set)
    for _ in 0..<300 {
      var changed = header
      let column = Int(random.next() % UInt64(header.columns.count))
      switch random.next() % 7 {
      case 0: changed.rows = UInt32(random.next() % 2000)
      case 1: changed.columns[column].packing = UInt8(random.next() % 20)
      case 2: changed.columns[column].predictor = UInt8(random.next() % 4)
      case 3: changed.columns[column].presence ^= 1
      case 4: changed.columns[column].type = UInt8(random.next() % 5)
      case 5: changed.columns[column].length = UInt32(random.next() % 3000)
      default: changed.columns[column].reference = ColumnID(rawValue: UInt16(random.next() % 10))
      }
      _ = try? BlockDecoder.decode(changed, content.bytes, at: 0)
    }
  }
}
