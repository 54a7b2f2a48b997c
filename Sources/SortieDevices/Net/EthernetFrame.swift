/// Sizes of Ethernet frames in bytes, without the check sequence (IEEE 802.3, clause 3, and 802.1Q, clause 9).
public enum EthernetFrame {
  /// Destination, source and type: no frame is shorter.
  public static let headerBytes = 14
  /// The check sequence, which a frame has only on the wire.
  static let checkSequenceBytes = 4
  /// The shortest frame on a wire; what is shorter is padded.
  static let minimumBytes = 60
  /// Both addresses, behind which a VLAN tag stands.
  static let addressBytes = 12
  /// A VLAN tag.
  static let vlanTagBytes = 4

  /// The longest frame that carries a payload of `mtu` bytes.
  public static func limit(mtu: Int) -> Int { headerBytes + vlanTagBytes + mtu }

  /// Whom a frame is for.
  enum Destination {
    case unicast
    case multicast
    case broadcast
  }

  /// Whom a frame of at least a header is for: a group's address has the lowest bit of its first byte set.
  static func destination(of frame: UnsafeRawBufferPointer) -> Destination {
    guard frame[0] & 1 != 0 else { return .unicast }
    return frame[..<6].allSatisfy { $0 == 0xff } ? .broadcast : .multicast
  }
  /// What stands behind the type in a frame of a header and more, if its type is `type`, that of VLAN tags.
  static func vlanTag(of frame: UnsafeRawBufferPointer, type: UInt16) -> UInt16? {
    guard frame.count >= addressBytes + vlanTagBytes, frame.bigEndian(at: addressBytes) == type else {
      return nil
    }
    return frame.bigEndian(at: addressBytes + 2)
  }
}

extension UnsafeRawBufferPointer {
  /// The 16 bits at `offset`, which must be there, in network byte order.
  func bigEndian(at offset: Int) -> UInt16 {
    UInt16(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }
}
