/// The guest's end of a serial line or console, as the host's end (``SerialBackend``) sees it. Any thread may call it.
public protocol SerialPort: AnyObject, Sendable {
  /// Offers bytes from the host.
  ///
  /// - Returns: how many bytes were taken, from the front. If fewer than offered, ``SerialBackend/receiveReady()`` tells
  ///   when there is room again.
  func receive(_ bytes: UnsafeRawBufferPointer) -> Int

  /// The backend, which refused a byte, has room again: what waits is sent.
  func transmitReady()
}
