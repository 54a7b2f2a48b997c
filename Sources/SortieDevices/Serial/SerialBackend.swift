/// The far end of a serial line, on the host.
///
/// The UART calls it with its own lock held: an implementation must neither block nor call the UART back from within
/// these calls. What comes in, its own thread hands to ``UART16550/receive(_:)``.
public protocol SerialBackend: AnyObject, Sendable {
  /// Takes one byte that the guest sent.
  ///
  /// - Returns: false if there is no room. The byte then stays in the transmitter, and the backend calls
  ///   ``UART16550/transmitReady()`` once it has room again.
  func transmit(_ byte: UInt8) -> Bool

  /// The UART, which took less than it was offered, has room again.
  func receiveReady()
}
