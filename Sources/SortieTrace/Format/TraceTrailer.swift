/// The last frame of a whole file. FORMAT.md, section 8.
struct TraceTrailer: Equatable, Sendable {
  /// "SEND" in the file.
  static let tag: UInt32 = 0x444E_4553
  static let length = 48

  /// Where the footer's first block stands, bytes.
  var footerOffset: UInt64
  /// Blocks before the footer.
  var blocks: UInt64
  /// Bytes of the whole file, this frame included.
  var fileLength: UInt64

  func append(to buffer: inout ByteBuffer) {
    let frame = UnsafeMutableRawBufferPointer(start: buffer.extend(by: Self.length), count: Self.length)
    frame.storeBytes(of: Self.tag.littleEndian, toByteOffset: 8, as: UInt32.self)
    frame.storeBytes(of: 0, toByteOffset: 12, as: UInt32.self)
    frame.storeBytes(of: footerOffset.littleEndian, toByteOffset: 16, as: UInt64.self)
    frame.storeBytes(of: blocks.littleEndian, toByteOffset: 24, as: UInt64.self)
    frame.storeBytes(of: fileLength.littleEndian, toByteOffset: 32, as: UInt64.self)
    frame.storeBytes(of: 0, toByteOffset: 40, as: UInt32.self)
    SkippableFrame.seal(frame)
  }

  /// The trailer that stands in `bytes`, the file's last ones.
  init(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(TraceError) {
    let frame = try SkippableFrame.open(
      bytes, at: offset, minimum: Self.length, maximum: Self.length, what: "trailer")
    var cursor = ByteCursor(frame, origin: offset, what: "trailer")
    _ = try cursor.take(SkippableFrame.prefixLength)
    guard try cursor.read(UInt32.self) == Self.tag else { throw cursor.malformed("has another tag") }
    _ = try cursor.read(UInt32.self)
    footerOffset = try cursor.read(UInt64.self)
    blocks = try cursor.read(UInt64.self)
    fileLength = try cursor.read(UInt64.self)
    guard fileLength == offset + UInt64(Self.length), footerOffset <= offset else {
      throw cursor.malformed("speaks of \(fileLength) bytes with a footer at \(footerOffset)")
    }
  }

  init(footerOffset: UInt64, blocks: UInt64, fileLength: UInt64) {
    self.footerOffset = footerOffset
    self.blocks = blocks
    self.fileLength = fileLength
  }
}
