/// Features of block devices (Virtual I/O Device Version 1.2, section 5.2.3).
extension VirtioFeatures {
  /// VIRTIO_BLK_F_SEG_MAX.
  static let segmentMaximum = VirtioFeatures(bit: 2)
  /// VIRTIO_BLK_F_RO.
  static let readOnly = VirtioFeatures(bit: 5)
  /// VIRTIO_BLK_F_BLK_SIZE.
  static let blockSize = VirtioFeatures(bit: 6)
  /// VIRTIO_BLK_F_FLUSH.
  static let flush = VirtioFeatures(bit: 9)
  /// VIRTIO_BLK_F_CONFIG_WCE.
  static let configurableWriteback = VirtioFeatures(bit: 11)
  /// VIRTIO_BLK_F_DISCARD.
  static let discard = VirtioFeatures(bit: 13)
  /// VIRTIO_BLK_F_WRITE_ZEROES.
  static let writeZeroes = VirtioFeatures(bit: 14)
}
