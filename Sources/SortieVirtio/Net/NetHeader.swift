/// What stands before each frame in a virtqueue: struct virtio_net_hdr (Virtual I/O Device Version 1.2, section 5.1.6).
///
/// No offload is ever negotiated, so that all but `num_buffers` is zero in both directions.
enum NetHeader {
  static let byteCount = 12

  /// Gives `body` a header without an offload.
  static func withZeros(_ body: (UnsafeRawBufferPointer) -> Void) {
    let header: (UInt64, UInt32) = (0, 0)
    withUnsafeBytes(of: header, body)
  }

  private static let flags = 0
  private static let segmentation = 1
  /// The low byte of `num_buffers`, the number of buffers that a received frame takes.
  static let bufferCount = 10

  /// VIRTIO_NET_HDR_F_NEEDS_CSUM: the driver leaves the checksum to the device.
  private static let needsChecksum: UInt8 = 1

  /// Whether this header of a frame to be sent asks for what was not negotiated: a checksum, or segmentation.
  static func asksForOffload(_ header: UnsafeRawBufferPointer) -> Bool {
    header[flags] & needsChecksum != 0 || header[segmentation] != 0
  }
}
