/// The sectors between disk and host. Whose turn it is touches it (``ChannelState/Turn``): so it needs no lock, and the
/// disk is read and written without one.
struct TransferBuffer: @unchecked Sendable {
  let bytes: UnsafeMutableRawBufferPointer

  init() {
    bytes = .allocate(byteCount: Transfer.bufferBytes, alignment: 4096)
    bytes.initializeMemory(as: UInt8.self, repeating: 0)
  }

  /// Whoever made it calls it once, at its own end.
  func deallocate() { bytes.deallocate() }

  subscript(_ range: Range<Int>) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: bytes[range])
  }
}
