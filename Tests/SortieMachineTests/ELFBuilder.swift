/// Builds ELF64 files byte by byte, right or wrong, independently of libelf.
struct ELFBuilder {
  struct Segment {
    var type: UInt32 = 1
    var flags: UInt32 = 5
    var offset: UInt64?
    var address: UInt64
    var data: [UInt8]
    var fileBytes: UInt64?
    var memoryBytes: UInt64?
  }

  var magic: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]
  var elfClass: UInt8 = 2
  var type: UInt16 = 2
  var machine: UInt16 = 62
  var entry: UInt64 = 0x100000
  var segments = [Segment(address: 0x100000, data: [0xf4])]
  var programHeaderCount: UInt16?

  private static let headerBytes = 64
  private static let programHeaderBytes = 56

  /// The file.
  var bytes: [UInt8] {
    var file = magic + [elfClass, 1, 1, 0] + [UInt8](repeating: 0, count: 8)
    func put<T: FixedWidthInteger>(_ value: T) { withUnsafeBytes(of: value.littleEndian) { file += $0 } }
    put(type)
    put(machine)
    put(UInt32(1))
    put(entry)
    put(UInt64(Self.headerBytes))
    put(UInt64(0))
    put(UInt32(0))
    put(UInt16(Self.headerBytes))
    put(UInt16(Self.programHeaderBytes))
    put(programHeaderCount ?? UInt16(segments.count))
    put(UInt16(64))
    put(UInt16(0))
    put(UInt16(0))
    var offset = UInt64(Self.headerBytes + Self.programHeaderBytes * segments.count)
    for segment in segments {
      put(segment.type)
      put(segment.flags)
      put(segment.offset ?? offset)
      put(segment.address)
      put(segment.address)
      put(segment.fileBytes ?? UInt64(segment.data.count))
      put(segment.memoryBytes ?? UInt64(segment.data.count))
      put(UInt64(1))
      offset += UInt64(segment.data.count)
    }
    for segment in segments { file += segment.data }
    return file
  }
}
