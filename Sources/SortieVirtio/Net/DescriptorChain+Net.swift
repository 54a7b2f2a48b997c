import Glibc

extension DescriptorChain {
  /// Where the byte `offset` bytes behind the next to write lies; nil if there is none.
  func writableByte(at offset: Int) -> UnsafeMutablePointer<UInt8>? {
    var left = offset
    for segment in writableSegments {
      if left < segment.iov_len { return (segment.iov_base + left).assumingMemoryBound(to: UInt8.self) }
      left -= segment.iov_len
    }
    return nil
  }
}
