/// Sizes of Ethernet frames in bytes, without the check sequence (IEEE 802.3, clause 3, and 802.1Q, clause 9).
public enum EthernetFrame {
  /// Destination, source and type: no frame is shorter.
  public static let headerBytes = 14
  /// A VLAN tag.
  static let vlanTagBytes = 4

  /// The longest frame that carries a payload of `mtu` bytes.
  public static func limit(mtu: Int) -> Int { headerBytes + vlanTagBytes + mtu }
}
