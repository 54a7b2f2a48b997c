internal import CLinuxIO

/// What the card writes into a receive descriptor (section 3.2.3).
struct ReceiveStatus: BitwiseCopyable {
  // Status; errors are the upper byte.
  static let done: UInt16 = 1 << 0
  static let endOfPacket: UInt16 = 1 << 1
  static let ignoreChecksums: UInt16 = 1 << 2
  static let vlan: UInt16 = 1 << 3
  static let transportChecked: UInt16 = 1 << 5
  static let ipChecked: UInt16 = 1 << 6
  static let inexact: UInt16 = 1 << 7
  static let transportError: UInt16 = 1 << 13
  static let ipError: UInt16 = 1 << 14

  private static let lengthOffset = 8
  private static let checksumOffset = 10
  private static let statusOffset = 12
  private static let specialOffset = 14

  /// Status and errors.
  var bits: UInt16
  /// Bytes in the buffer.
  var length: UInt16
  /// Ones' complement sum of the packet.
  var checksum: UInt16
  /// The VLAN tag that was taken out.
  var special: UInt16

  /// Where the driver wants the data, read once.
  static func bufferAddress(at descriptor: UnsafeRawPointer) -> UInt64 {
    UInt64(littleEndian: sortie_ring_load_once(descriptor))
  }

  /// Writes it back, the status with DD after all else. Ring and RAM are aligned.
  func write(to descriptor: UnsafeMutableRawPointer) {
    descriptor.storeBytes(of: length.littleEndian, toByteOffset: Self.lengthOffset, as: UInt16.self)
    descriptor.storeBytes(of: checksum.littleEndian, toByteOffset: Self.checksumOffset, as: UInt16.self)
    descriptor.storeBytes(of: special.littleEndian, toByteOffset: Self.specialOffset, as: UInt16.self)
    let status = (descriptor + Self.statusOffset).assumingMemoryBound(to: UInt16.self)
    sortie_ring_store_release(status, (bits | Self.done).littleEndian)
  }
}
