/// Feature bits of virtio-net (Virtual I/O Device Version 1.2, section 5.1.3).
extension VirtioFeatures {
  /// The configuration has the largest MTU (VIRTIO_NET_F_MTU).
  public static let netMTU = VirtioFeatures(bit: 3)
  /// The configuration has the card's address (VIRTIO_NET_F_MAC).
  public static let netMAC = VirtioFeatures(bit: 5)
  /// A received frame may go on in further buffers (VIRTIO_NET_F_MRG_RXBUF).
  public static let netMergeableBuffers = VirtioFeatures(bit: 15)
  /// The configuration has the state of the link (VIRTIO_NET_F_STATUS).
  public static let netStatus = VirtioFeatures(bit: 16)
}

/// Numbers of the queues of a card with one pair of them (section 5.1.2).
enum NetQueue {
  static let receive = 0
  static let transmit = 1
  /// Most entries of either.
  static let maximumSize: UInt16 = 256
}
