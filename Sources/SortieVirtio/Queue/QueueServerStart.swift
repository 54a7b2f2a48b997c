import SortieDevices

extension QueueServer {
  /// A server of the queue that the driver has set up, which serves from now on.
  ///
  /// - Parameters:
  ///   - maximumSize: the device's limit of the queue, and most buffers of a chain.
  ///   - features: what the driver has accepted.
  /// - Throws: ``VirtioFault`` when the queue cannot be used.
  static func start(
    _ setup: VirtioQueueSetup, maximumSize: UInt16, features: VirtioFeatures, memory: GuestRAM,
    thread: IOThread, interrupts: any VirtioInterrupts, handler: @escaping Handler
  ) throws(VirtioFault) -> QueueServer {
    let queue = try Virtqueue(setup, maximumSize: maximumSize, features: features, memory: memory)
    let server = QueueServer(
      queue, kick: setup.kick, capacity: maximumSize, thread: thread, interrupts: interrupts, handler: handler
    )
    try server.start()
    return server
  }
}
