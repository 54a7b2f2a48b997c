/// The checksums of a received packet as RXCSUM asks for them (sections 3.2.9 and 13.5.1): IPv4, and TCP and UDP over
/// IPv4 and IPv6 in packets that are no fragments and, with IPv6, have no extension headers.
struct ReceiveChecks {
  // RXCSUM.
  private static let checksIP: UInt32 = 1 << 8
  private static let checksTransport: UInt32 = 1 << 9

  private static let ipv4: UInt16 = 0x0800
  private static let ipv6: UInt16 = 0x86dd
  private static let vlan: UInt16 = 0x8100
  private static let tcp: UInt8 = 6
  private static let udp: UInt8 = 17

  /// The sum over the packet from the byte on that RXCSUM.PCSS names.
  let packetChecksum: UInt16
  /// What was checked, and what was wrong.
  let status: UInt16

  /// Checks a packet as it is stored, of at least 60 bytes.
  init(of packet: UnsafeRawBufferPointer, control: UInt32) {
    let start = min(Int(control & 0xff), packet.count)
    packetChecksum = InternetChecksum.sum(UnsafeRawBufferPointer(rebasing: packet[start...]))
    guard control & (Self.checksIP | Self.checksTransport) != 0, let ip = Self.findIP(in: packet) else {
      status = ReceiveStatus.ignoreChecksums
      return
    }
    var status: UInt16 = 0
    if control & Self.checksIP != 0, let header = ip.header {
      status |= ReceiveStatus.ipChecked
      if InternetChecksum.sum(header) != 0xffff { status |= ReceiveStatus.ipError }
    }
    if control & Self.checksTransport != 0, let isRight = ip.checkTransport() {
      status |= ReceiveStatus.transportChecked
      if !isRight { status |= ReceiveStatus.transportError }
    }
    self.status = status
  }

  /// An IP packet in a frame.
  private struct IPPacket {
    /// The header with a checksum, which IPv6 has not.
    var header: UnsafeRawBufferPointer?
    var addresses: UnsafeRawBufferPointer
    var transportProtocol: UInt8
    var payload: UnsafeRawBufferPointer
    var isFragment: Bool

    /// Whether the checksum of TCP or UDP is right; nil where there is none to check.
    func checkTransport() -> Bool? {
      guard !isFragment else { return nil }
      switch transportProtocol {
      case tcp where payload.count >= 20: break
      case udp where payload.count >= 8 && payload.bigEndian(at: 6) != 0: break
      default: return nil
      }
      // The pseudo-header: addresses, protocol and length (RFC 9293, section 3.1; RFC 8200, section 8.1).
      let pseudoHeader = InternetChecksum.add(
        InternetChecksum.sum(addresses),
        InternetChecksum.add(UInt16(transportProtocol), UInt16(truncatingIfNeeded: payload.count)))
      return InternetChecksum.add(pseudoHeader, InternetChecksum.sum(payload)) == 0xffff
    }
  }

  private static func findIP(in packet: UnsafeRawBufferPointer) -> IPPacket? {
    var start = EthernetFrame.headerBytes
    var type = packet.bigEndian(at: start - 2)
    if type == vlan {
      start += EthernetFrame.vlanTagBytes
      type = packet.bigEndian(at: start - 2)
    }
    let ip = UnsafeRawBufferPointer(rebasing: packet[start...])
    return type == ipv4 ? parseIPv4(ip) : type == ipv6 ? parseIPv6(ip) : nil
  }

  /// RFC 791, section 3.1.
  private static func parseIPv4(_ ip: UnsafeRawBufferPointer) -> IPPacket? {
    let headerBytes = Int(ip[0] & 0xf) * 4
    let totalBytes = Int(ip.bigEndian(at: 2))
    guard ip[0] >> 4 == 4, headerBytes >= 20, totalBytes >= headerBytes, totalBytes <= ip.count else {
      return nil
    }
    return IPPacket(
      header: UnsafeRawBufferPointer(rebasing: ip[..<headerBytes]),
      addresses: UnsafeRawBufferPointer(rebasing: ip[12..<20]), transportProtocol: ip[9],
      payload: UnsafeRawBufferPointer(rebasing: ip[headerBytes..<totalBytes]),
      // More fragments, or an offset.
      isFragment: ip.bigEndian(at: 6) & 0x3fff != 0)
  }

  /// RFC 8200, section 3.
  private static func parseIPv6(_ ip: UnsafeRawBufferPointer) -> IPPacket? {
    let payloadBytes = Int(ip.bigEndian(at: 4))
    guard ip[0] >> 4 == 6, 40 + payloadBytes <= ip.count else { return nil }
    return IPPacket(
      addresses: UnsafeRawBufferPointer(rebasing: ip[8..<40]), transportProtocol: ip[6],
      payload: UnsafeRawBufferPointer(rebasing: ip[40..<40 + payloadBytes]), isFragment: false)
  }
}
