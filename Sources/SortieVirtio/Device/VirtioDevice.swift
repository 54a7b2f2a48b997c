/// A virtio device: what is left of it without transport and queues (Virtual I/O Device Version 1.2, section 2).
///
/// The transport calls the configuration on vCPU threads, and ``start(_:features:interrupts:)`` and ``stop()`` one after
/// the other. What a queue asks for is done on an I/O thread of the device's choice, woken by the queue's kick
/// descriptor, so a vCPU never waits for a backend.
public protocol VirtioDevice: AnyObject, Sendable {
  /// What reports call the device, such as `virtio-blk0`.
  var name: String { get }
  /// Device ID (section 5).
  var type: VirtioDeviceType { get }
  /// The features that this kind of device offers; the transport adds those of queues and transports (section 6).
  var features: VirtioFeatures { get }
  /// The largest size of each of its queues, powers of two.
  var queueSizes: [UInt16] { get }

  /// Reads the device-specific configuration (section 2.5); past its end all ones.
  func readConfiguration(offset: Int, into bytes: UnsafeMutableRawBufferPointer)

  /// Writes the device-specific configuration; what is not writable is dropped.
  func writeConfiguration(offset: Int, from bytes: UnsafeRawBufferPointer)

  /// The driver has set DRIVER_OK with these `features`: the device uses its queues from now on until ``stop()``. Queues
  /// that the driver has not enabled are not among them.
  ///
  /// - Throws: ``VirtioFault`` when a queue cannot be used; the transport then sets DEVICE_NEEDS_RESET.
  func start(_ queues: [VirtioQueueSetup], features: VirtioFeatures, interrupts: any VirtioInterrupts)
    throws(VirtioFault)

  /// The driver has reset the device, or the machine ends. When this returns no thread of the device touches guest memory
  /// or its queues, and no interrupt comes any more. Without ``start(_:features:interrupts:)`` before, it does nothing.
  func stop()
}

/// A queue as the driver has set it up. Addresses are guest physical and unchecked.
public struct VirtioQueueSetup: Sendable {
  /// Number of the queue.
  public var index: Int
  /// Entries.
  public var size: UInt16
  /// Descriptor table (section 2.7.5).
  public var descriptors: UInt64
  /// Available ring, the driver area (section 2.7.6).
  public var available: UInt64
  /// Used ring, the device area (section 2.7.8).
  public var used: UInt64
  /// An eventfd that the driver's kicks signal, through an exit or inside the kernel. The transport owns it.
  public var kick: Int32

  /// A queue with these values.
  public init(
    index: Int, size: UInt16, descriptors: UInt64, available: UInt64, used: UInt64, kick: Int32
  ) {
    self.index = index
    self.size = size
    self.descriptors = descriptors
    self.available = available
    self.used = used
    self.kick = kick
  }
}

/// How a device interrupts its driver; any thread may call it.
public protocol VirtioInterrupts: AnyObject, Sendable {
  /// Buffers of `queue` were used. Whether the driver wants to know is the queue's to decide beforehand.
  func usedBuffers(queue: Int)
  /// The device-specific configuration has changed.
  func configurationChanged()
  /// The device cannot go on: sets DEVICE_NEEDS_RESET, keeps the first fault for the report and tells the driver.
  func needsReset(_ fault: VirtioFault)
  /// An eventfd whose signals are used-buffer interrupts of `queue`, for a backend in the kernel; nil where there is none.
  func callDescriptor(queue: Int) -> Int32?
}
