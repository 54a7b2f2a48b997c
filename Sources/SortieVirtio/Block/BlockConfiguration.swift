import SortieDevices

/// The configuration of a block device (Virtual I/O Device Version 1.2, section 5.2.4), without the fields of secure
/// erase behind it, which is not offered.
struct BlockConfiguration {
  static let byteCount = 60
  /// Offset of the one field that the driver may write.
  static let writeback = 32

  /// Sectors of one discard and of one request to write zeroes, where the host may have to write each.
  static let maximumDiscardSectors: UInt32 = 1 << 22
  static let maximumZeroesSectors: UInt32 = 1 << 16
  /// Ranges of one request of either.
  static let maximumRanges = 16

  private(set) var bytes = [UInt8](repeating: 0, count: byteCount)

  init(disk: any BlockBackend, maximumSegments: UInt32) {
    set(disk.byteCount / sectorSize, at: 0)
    set(maximumSegments, at: 12)
    set(disk.blockSize, at: 20)
    set(UInt16(1), at: 34)
    set(Self.maximumDiscardSectors, at: 36)
    set(UInt32(Self.maximumRanges), at: 40)
    set(disk.blockSize / UInt32(sectorSize), at: 44)
    set(Self.maximumZeroesSectors, at: 48)
    set(UInt32(Self.maximumRanges), at: 52)
    set(UInt8(1), at: 56)
  }

  private mutating func set<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at offset: Int) {
    bytes.withUnsafeMutableBytes {
      $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
    }
  }
}
