/// How a transport tells the driver; any thread may call it.
protocol VirtioTransportInterrupts: AnyObject, Sendable {
  /// Buffers of `queue` were used.
  func usedBuffers(queue: Int)
  /// Configuration or status have changed.
  func configurationChanged()
  /// An eventfd whose signals are used-buffer interrupts of `queue`; nil where there is none.
  func callDescriptor(queue: Int) -> Int32?
  /// The driver has reset the device, which has stopped.
  func reset()
}
