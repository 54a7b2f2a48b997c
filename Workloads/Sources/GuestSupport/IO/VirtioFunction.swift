public import CGuest
import GuestABI

/// A virtio device on PCI, as its driver sees it (Virtual I/O Device Version 1.2, section 4.1). Its queues share one vector
/// of MSI-X, which is ``LocalAPIC/vector`` of the processor with APIC ID 0.
public struct VirtioFunction {
  /// Fields of the common configuration (section 4.1.4.3).
  private enum Common {
    static let driverFeatureSelect: UInt64 = 0x08
    static let driverFeature: UInt64 = 0x0c
    static let status: UInt64 = 0x14
    static let queueSelect: UInt64 = 0x16
    static let queueSize: UInt64 = 0x18
    static let queueVector: UInt64 = 0x1a
    static let queueEnable: UInt64 = 0x1c
    static let notificationOffset: UInt64 = 0x1e
    static let descriptors: UInt64 = 0x20
    static let available: UInt64 = 0x28
    static let used: UInt64 = 0x30
  }

  /// Bits of the status (section 2.1).
  private enum Status {
    static let acknowledge: UInt8 = 1
    static let driver: UInt8 = 2
    static let driverOK: UInt8 = 4
    static let featuresOK: UInt8 = 8
  }

  private static let vendorCapability: UInt32 = 0x09
  private static let messageCapability: UInt32 = 0x11
  /// Entries of a queue, where the device takes so many.
  private static let queueSize: UInt16 = 128

  private var common: UInt64 = 0
  private var notifications: UInt64 = 0
  private var notificationStride: UInt64 = 0

  /// The first device of this type (section 5), after reset and with no feature but VIRTIO_F_VERSION_1.
  public init(type: UInt32) {
    let function = PCIFunction(vendor: 0x1af4, device: 0x1040 &+ type)
    function.enable()
    var offset = function.firstCapability
    while offset != 0 {
      let header = function.read(offset)
      switch header & 0xff {
      case Self.vendorCapability: locate(function, offset, structure: header &>> 24)
      case Self.messageCapability: Self.enableMessages(function, offset, header)
      default: break
      }
      offset = header &>> 8 & 0xfc
    }
    if common == 0 || notifications == 0 { fail("this is no virtio 1 device", SORTIE_EXIT_UNSUPPORTED) }
    negotiate()
  }

  /// Notes where a structure of the transport lies (section 4.1.4).
  private mutating func locate(_ function: PCIFunction, _ offset: UInt32, structure: UInt32) {
    guard structure == 1 || structure == 2 else { return }
    let address = function.memory(function.read(offset &+ 4) & 0xff) &+ UInt64(function.read(offset &+ 8))
    if structure == 1 {
      common = address
    } else {
      notifications = address
      notificationStride = UInt64(function.read(offset &+ 16))
    }
  }

  /// Lets vector 0 be the interrupt, and turns MSI-X on (PCI Local Bus Specification 3.0, section 6.8.2).
  private static func enableMessages(_ function: PCIFunction, _ offset: UInt32, _ header: UInt32) {
    let place = function.read(offset &+ 4)
    let vector = function.memory(place & 7) &+ UInt64(place & ~7)
    mmio_write32(vector, 0xfee0_0000)  // physical, APIC ID 0 (Intel SDM vol. 3, 11.11)
    mmio_write32(vector &+ 4, 0)
    mmio_write32(vector &+ 8, LocalAPIC.vector)
    mmio_write32(vector &+ 12, 0)  // not masked
    function.write(offset, header | 1 &<< 31)
  }

  /// Section 3.1.1, up to the queues.
  private func negotiate() {
    mmio_write8(common &+ Common.status, 0)
    while mmio_read8(common &+ Common.status) != 0 {}
    var status = Status.acknowledge | Status.driver
    mmio_write8(common &+ Common.status, status)
    mmio_write32(common &+ Common.driverFeatureSelect, 1)
    mmio_write32(common &+ Common.driverFeature, 1)  // VIRTIO_F_VERSION_1, bit 32
    status |= Status.featuresOK
    mmio_write8(common &+ Common.status, status)
    if mmio_read8(common &+ Common.status) & Status.featuresOK == 0 {
      fail("the virtio device takes no driver of version 1", SORTIE_EXIT_UNSUPPORTED)
    }
  }

  /// Gives queue `number` its rings (section 4.1.5.1.3).
  public func queue(_ number: UInt16, _ memory: inout IOMemory) -> Virtqueue {
    mmio_write16(common &+ Common.queueSelect, number)
    let size = min(mmio_read16(common &+ Common.queueSize), Self.queueSize)
    mmio_write16(common &+ Common.queueSize, size)
    mmio_write16(common &+ Common.queueVector, 0)
    let offset = UInt64(mmio_read16(common &+ Common.notificationOffset))
    let queue = Virtqueue(
      number, size: size, doorbell: notifications &+ offset &* notificationStride, &memory)
    mmio_write64(common &+ Common.descriptors, physical(queue.descriptors))
    mmio_write64(common &+ Common.available, physical(queue.available))
    mmio_write64(common &+ Common.used, physical(queue.used))
    mmio_write16(common &+ Common.queueEnable, 1)
    return queue
  }

  /// The queues are set up: the device may use them.
  public func start() {
    mmio_write8(
      common &+ Common.status,
      Status.acknowledge | Status.driver | Status.featuresOK | Status.driverOK)
  }
}
