/// Walks the records of a perf.data file, those too that are compressed (tools/lib/perf/include/perf/event.h,
/// util/zstd.c of perf).
final class PerfRecordReader {
  /// Kinds of records (`PERF_RECORD_*`).
  enum Kind {
    static let lost: UInt32 = 2
    static let comm: UInt32 = 3
    static let sample: UInt32 = 9
    static let lostSamples: UInt32 = 13
    static let attribute: UInt32 = 64
    static let tracingData: UInt32 = 66
    static let finishedRound: UInt32 = 68
    static let auxtrace: UInt32 = 71
    static let feature: UInt32 = 80
    static let compressed: UInt32 = 81
    static let compressedPadded: UInt32 = 83
  }

  /// A record.
  struct Record {
    /// Its kind.
    var kind: UInt32
    /// What stands behind its header.
    var body: UnsafeRawBufferPointer
    /// Where it stands in the file; a compressed one: where what holds it does.
    var offset: UInt64
  }

  private let input: ImportInput
  private var offset: UInt64
  private let end: UInt64
  private var zstd: ZstdStream?
  /// Of the compressed records: what is decompressed and not handed over yet begins with part of a record.
  private var pending: [UInt8] = []
  private var decompressed: UInt64 = 0
  /// Compressed records came.
  private(set) var isCompressed = false
  /// What ended the walk before the end; nil: nothing did.
  private(set) var problem: String?
  /// Where it ended.
  var position: UInt64 { offset }

  /// Bytes decompressed at a time.
  private static let pieceSize = 1 << 18
  /// A stream may grow to so many times the file; perf's own grow some 30 times.
  private static let mostGrowth: UInt64 = 2000
  private static let headerSize: UInt64 = 8

  /// A reader of the records in `section`, which may be cut off.
  init(_ input: ImportInput, _ section: PerfHeader.Section) {
    self.input = input
    offset = section.offset
    end =
      section.offset.addingReportingOverflow(section.size).overflow
      ? input.size : min(section.offset + section.size, input.size)
  }

  /// Hands over all records in their order; `isWanted` false: the rest is not.
  ///
  /// - Throws: what `body` throws, or ``ImportError/read(path:offset:_:)``.
  func forEach(_ body: (Record) throws(ImportError) -> Bool) throws(ImportError) {
    while offset < end, problem == nil {
      guard end - offset >= Self.headerSize else {
        problem = "ends within a record"
        return
      }
      let header = try input.bytes(at: offset, Self.headerSize, of: "a record") { Self.header($0) }
      let size = UInt64(header.size)
      guard size >= Self.headerSize else {
        problem = "holds a record of \(size) bytes"
        return
      }
      guard size <= end - offset else {
        problem = "ends within a record"
        return
      }
      // A copy: what takes the record may read elsewhere in the file.
      let bytes = try input.bytes(at: offset, size, of: "a record") {
        Array($0.dropFirst(Int(Self.headerSize)))
      }
      let goesOn = try bytes.withBytes { (bytes) throws(ImportError) -> Bool in
        try take(Record(kind: header.kind, body: bytes, offset: offset), body)
      }
      guard problem == nil else { return }
      offset += size
      try skipData(behind: header.kind, bytes)
      guard goesOn else { return }
    }
    if problem == nil, !pending.isEmpty { problem = "ends within a compressed record" }
  }

  private static func header(_ bytes: UnsafeRawBufferPointer) -> (kind: UInt32, size: UInt16) {
    (
      UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)),
      UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 6, as: UInt16.self))
    )
  }

  private func take(
    _ record: Record, _ body: (Record) throws(ImportError) -> Bool
  ) throws(ImportError) -> Bool {
    var data = record.body
    switch record.kind {
    case Kind.compressed: break
    case Kind.compressedPadded:
      guard data.count >= 8 else {
        problem = "holds a compressed record of \(data.count) bytes"
        return false
      }
      let size = UInt64(littleEndian: data.loadUnaligned(as: UInt64.self))
      guard size <= UInt64(data.count - 8) else {
        problem = "holds a compressed record that claims \(size) bytes"
        return false
      }
      data = UnsafeRawBufferPointer(rebasing: data[8..<8 + Int(size)])
    default: return try body(record)
    }
    return try decompress(data, at: record.offset, body)
  }

  private func decompress(
    _ data: UnsafeRawBufferPointer, at offset: UInt64, _ body: (Record) throws(ImportError) -> Bool
  ) throws(ImportError) -> Bool {
    isCompressed = true
    guard let stream = zstd ?? ZstdStream() else { throw .refused("there is no memory to decompress with") }
    zstd = stream
    var rest = data
    var goesOn = true
    while goesOn {
      let start = pending.count
      var written: Int? = 0
      pending.append(contentsOf: repeatElement(0, count: Self.pieceSize))
      pending.withUnsafeMutableBytes {
        written = stream.decompress(&rest, into: UnsafeMutableRawBufferPointer(rebasing: $0[start...]))
      }
      pending.removeLast(Self.pieceSize - (written ?? 0))
      guard let written else {
        problem = "holds compressed records that are not zstd's"
        return false
      }
      decompressed += UInt64(written)
      guard decompressed / Self.mostGrowth <= input.size else {
        problem = "decompresses to more than \(Self.mostGrowth) times its size"
        return false
      }
      goesOn = try handOver(at: offset, body) && problem == nil
      if written < Self.pieceSize { break }
    }
    return goesOn
  }

  /// Hands over the whole records among what was decompressed.
  private func handOver(
    at offset: UInt64, _ body: (Record) throws(ImportError) -> Bool
  ) throws(ImportError) -> Bool {
    var used = 0
    var goesOn = true
    try pending.withBytes { (bytes) throws(ImportError) in
      while goesOn, bytes.count - used >= Int(Self.headerSize) {
        let header = Self.header(UnsafeRawBufferPointer(rebasing: bytes[used...]))
        guard header.size >= Self.headerSize else {
          problem = "holds a compressed record of \(header.size) bytes"
          return
        }
        guard Int(header.size) <= bytes.count - used else { break }
        let body8 = bytes[used + Int(Self.headerSize)..<used + Int(header.size)]
        used += Int(header.size)
        guard header.kind != Kind.compressed, header.kind != Kind.compressedPadded else { continue }
        goesOn = try body(
          Record(kind: header.kind, body: UnsafeRawBufferPointer(rebasing: body8), offset: offset))
      }
    }
    pending.removeFirst(used)
    return goesOn
  }

  /// Passes over what the size of a record does not count.
  private func skipData(behind kind: UInt32, _ body: [UInt8]) throws(ImportError) {
    let size: UInt64
    switch kind {
    case Kind.tracingData where body.count >= 4:
      let length = body.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self)) }
      size = (UInt64(length) + 7) & ~7
    case Kind.auxtrace where body.count >= 8:
      size = body.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    default: return
    }
    guard size <= end - offset else {
      problem = "ends within a record's data"
      return
    }
    offset += size
  }
}
