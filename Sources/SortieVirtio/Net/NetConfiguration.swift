import SortieDevices

/// The configuration of a network card: struct virtio_net_config (Virtual I/O Device Version 1.2, section 5.1.4) up to
/// `mtu`. A driver writes none of it.
struct NetConfiguration: Sendable {
  /// The MTUs that a device may offer (section 5.1.4.1).
  private static let mtus = 68...65_535

  let mac: MACAddress
  let mtu: Int

  init(mac: MACAddress, mtu: Int) {
    self.mac = mac
    self.mtu = min(max(mtu, Self.mtus.lowerBound), Self.mtus.upperBound)
  }

  /// What both kinds of card offer.
  static let features: VirtioFeatures = [.netMAC, .netStatus, .netMTU, .netMergeableBuffers]

  /// `mac`, `status` (bit 0: the link is up), `max_virtqueue_pairs`, `mtu`.
  func byte(at offset: Int, isLinkUp: Bool) -> UInt8? {
    switch offset {
    case 0..<6: mac.bytes[offset]
    case 6: isLinkUp ? 1 : 0
    case 8: 1
    case 10: UInt8(truncatingIfNeeded: mtu)
    case 11: UInt8(truncatingIfNeeded: mtu >> 8)
    case 7, 9: 0
    default: nil
    }
  }
}
