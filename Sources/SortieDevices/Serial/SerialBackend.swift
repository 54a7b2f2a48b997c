/// The far end of a serial line or console, on the host.
///
/// The port calls it with its own lock held: an implementation must neither block nor call the port back from within
/// these calls. What comes in, its own thread hands to ``SerialPort/receive(_:)``.
public protocol SerialBackend: AnyObject, Sendable {
  /// Takes one byte that the guest sent.
  ///
  /// - Returns: false if there is no room. The byte then stays in the port, and the backend calls
  ///   ``SerialPort/transmitReady()`` once it has room again.
  func transmit(_ byte: UInt8) -> Bool

  /// Takes bytes that the guest sent, which may change meanwhile.
  ///
  /// - Returns: how many, from the front. If fewer than all, the rest stays in the port as above.
  func transmit(_ bytes: UnsafeRawBufferPointer) -> Int

  /// The port, which took less than it was offered, has room again.
  func receiveReady()
}

extension SerialBackend {
  /// One ``transmit(_:)-(UInt8)`` a byte.
  public func transmit(_ bytes: UnsafeRawBufferPointer) -> Int {
    for (count, byte) in bytes.enumerated() where !transmit(byte) { return count }
    return bytes.count
  }
}
