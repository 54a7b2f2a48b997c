/// The envelope of everything that is not a payload: a skippable frame of Zstandard (RFC 8878, section 3.1.2), whose
/// content begins with a tag and ends with the CRC-32C of all the frame's bytes before it.
enum SkippableFrame {
  /// One of the sixteen magic numbers that RFC 8878 sets aside.
  static let magic: UInt32 = 0x184D_2A5E
  /// Bytes of magic number and length.
  static let prefixLength = 8
  /// The magic number's bytes in the file.
  static let magicBytes: [UInt8] = [0x5E, 0x2A, 0x4D, 0x18]

  /// Writes magic number and length of a frame of `length` bytes at its start, and its checksum at its end.
  static func seal(_ frame: UnsafeMutableRawBufferPointer) {
    precondition(frame.count >= prefixLength + 4)
    frame.storeBytes(of: magic.littleEndian, as: UInt32.self)
    frame.storeBytes(of: UInt32(frame.count - prefixLength).littleEndian, toByteOffset: 4, as: UInt32.self)
    let checked = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(frame)[..<(frame.count - 4)])
    frame.storeBytes(
      of: CRC32C.checksum(checked).littleEndian, toByteOffset: frame.count - 4, as: UInt32.self)
  }

  /// The whole frame that `bytes` begin with, its checksum verified. `offset` is where `bytes` stand in the file.
  static func open(
    _ bytes: UnsafeRawBufferPointer, at offset: UInt64, minimum: Int, maximum: Int, what: String
  ) throws(TraceError) -> UnsafeRawBufferPointer {
    var cursor = ByteCursor(bytes, origin: offset, what: what)
    let found = try cursor.read(UInt32.self)
    guard found == magic else {
      throw .corrupted(
        offset: offset, what: "\(what) expected, found 0x\(hexadecimal(UInt64(found), digits: 8))")
    }
    let length = Int(try cursor.read(UInt32.self)) + prefixLength
    guard length >= minimum, length <= maximum else {
      throw .corrupted(
        offset: offset + 4, what: "\(what) of \(length) bytes, expected \(minimum) to \(maximum)")
    }
    guard length <= bytes.count else {
      throw .corrupted(offset: offset, what: "\(what) of \(length) bytes is cut off after \(bytes.count)")
    }
    let frame = UnsafeRawBufferPointer(rebasing: bytes[..<length])
    let stored = UInt32(littleEndian: frame.loadUnaligned(fromByteOffset: length - 4, as: UInt32.self))
    guard CRC32C.checksum(UnsafeRawBufferPointer(rebasing: frame[..<(length - 4)])) == stored else {
      throw .corrupted(offset: offset, what: "\(what) does not match its checksum")
    }
    return frame
  }
}
