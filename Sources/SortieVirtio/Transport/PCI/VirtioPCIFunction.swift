public import SortieDevices

/// A virtio device as a PCI function, for drivers of version 1 (Virtual I/O Device Version 1.2, section 4.1).
public final class VirtioPCIFunction: PCIFunction {
  /// A queue's notification: a write there is a kick.
  public struct Notification: Sendable {
    /// The base address register that it lies in.
    public var bar: Int
    /// Bytes from the start of the register.
    public var offset: UInt64
    /// The queue's eventfd. The function owns it.
    public var descriptor: Int32
  }

  private static let vendor: UInt16 = 0x1af4
  private static let firstDevice: UInt16 = 0x1040

  /// Header, capabilities and interrupts.
  public let registers: PCIRegisters

  private let transport: VirtioTransport
  private let interrupts: VirtioPCIInterrupts
  private let accessCapability: Int

  /// A function for `device`, which drives INTA or as many vectors of MSI-X as it has queues, and one.
  ///
  /// - Parameters:
  ///   - features: what of ``VirtioFeatures/indirectDescriptors`` and ``VirtioFeatures/eventIndex`` it
  ///       offers.
  ///   - line: what the interrupt line register reads: where the pin leads.
  /// - Throws: ``HostError`` when the host has no descriptors left for the queues.
  public init(
    _ device: any VirtioDevice, features: VirtioFeatures = [.indirectDescriptors, .eventIndex],
    interrupts functionInterrupts: any FunctionInterrupts, line: UInt8 = 0
  ) throws(HostError) {
    let queueCount = device.queueSizes.count
    precondition(queueCount <= VirtioPCILayout.queueLimit)
    registers = PCIRegisters(
      PCIIdentity(
        vendor: Self.vendor, device: Self.firstDevice + device.type.rawValue, revision: 1,
        classCode: device.type.pciClass, subsystemVendor: Self.vendor,
        subsystem: Self.firstDevice + device.type.rawValue),
      bars: [PCIBAR(VirtioPCILayout.bar, .memory64, size: VirtioPCILayout.size, name: device.name)],
      capabilities: VirtioPCILayout.capabilities,
      msix: MSIXLayout(
        vectors: queueCount + 1, bar: VirtioPCILayout.bar, tableOffset: VirtioPCILayout.vectorTable,
        pendingOffset: VirtioPCILayout.pendingBits),
      pin: 1, line: line, interrupts: functionInterrupts)
    accessCapability = registers.capabilityOffsets[VirtioPCILayout.capabilities.count - 1]
    interrupts = VirtioPCIInterrupts(registers, queueCount: queueCount)
    transport = try VirtioTransport(device, features: features, interrupts: interrupts)
  }

  /// What reports call the device.
  public var name: String { transport.device.name }

  /// The notifications of the queues, for the machine to connect to the eventfds inside the kernel wherever
  /// ``PCIHostBridge`` says that the register answers. A kick that ends in an exit signals them too.
  public var notifications: [Notification] {
    transport.kicks.descriptors.enumerated().map { queue, descriptor in
      Notification(
        bar: VirtioPCILayout.bar,
        offset: VirtioPCILayout.notifications.lowerBound + UInt64(queue) * VirtioPCILayout.notificationStride,
        descriptor: descriptor)
    }
  }

  /// The first thing that made the device stop, if any did.
  public var fault: VirtioFault? { transport.condition.firstFault }

  /// The device status.
  public var status: VirtioStatus { transport.status }

  /// The machine ends: when this returns nothing of the device touches guest memory.
  public func stop() { transport.stop() }

  // MARK: The base address register

  /// Reads a register of the transport, or of the device's configuration.
  public func readBAR(_ bar: Int, offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    switch offset {
    case VirtioPCILayout.common:
      let value = transport.readCommon(Int(offset), count: bytes.count, interrupts)
      for index in bytes.indices {
        bytes[index] = value.map { UInt8(truncatingIfNeeded: $0 >> UInt64(8 * index)) } ?? 0xff
      }
    case VirtioPCILayout.interruptStatus where bytes.count > 0:
      for index in bytes.indices.dropFirst() { bytes[index] = 0xff }
      bytes[0] = interrupts.takeStatus()
    case VirtioPCILayout.device:
      transport.device.readConfiguration(
        offset: Int(offset - VirtioPCILayout.device.lowerBound), into: bytes)
    default:
      for index in bytes.indices { bytes[index] = 0xff }
    }
  }

  /// Writes a register of the transport or of the device's configuration, or kicks a queue.
  public func writeBAR(_ bar: Int, offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect {
    switch offset {
    case VirtioPCILayout.notifications:
      let distance = offset - VirtioPCILayout.notifications.lowerBound
      guard distance % VirtioPCILayout.notificationStride == 0 else { break }
      transport.kicks.signal(Int(distance / VirtioPCILayout.notificationStride))
    case VirtioPCILayout.common:
      guard bytes.count <= 8 else { break }
      let value = bytes.reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
      transport.writeCommon(Int(offset), count: bytes.count, value, interrupts)
    case VirtioPCILayout.device:
      transport.device.writeConfiguration(
        offset: Int(offset - VirtioPCILayout.device.lowerBound), from: bytes)
    default: break
    }
    return .none
  }

  // MARK: Access through configuration space

  // Section 4.1.4.9: reading or writing the data of the access capability does the same to the register that
  // the driver has written there. The registers are not locked meanwhile: what is accessed may wait for the
  // device.

  /// Reads configuration space, the data of the access capability anew.
  public func readConfiguration(offset: Int, into bytes: UnsafeMutableRawBufferPointer) {
    if touchesAccessData(offset, bytes.count), let (target, count) = accessTarget {
      var data: UInt32 = 0
      withUnsafeMutableBytes(of: &data) { data in
        readBAR(
          VirtioPCILayout.bar, offset: target, into: UnsafeMutableRawBufferPointer(rebasing: data[..<count]))
      }
      registers.set(UInt32(littleEndian: data), at: accessCapability + VirtioPCILayout.accessData)
    }
    registers.read(offset: offset, into: bytes)
  }

  /// Writes configuration space, and what is written to the data of the access capability where it leads. A driver that
  /// takes bus mastering away, as a kernel that starts another does, stops the device: it must reset it before it uses it
  /// again.
  public func writeConfiguration(offset: Int, from bytes: UnsafeRawBufferPointer) {
    let wasMaster = registers.isBusMaster
    registers.write(offset: offset, from: bytes)
    if wasMaster, !registers.isBusMaster { transport.stop() }
    guard touchesAccessData(offset, bytes.count), let (target, count) = accessTarget else { return }
    let data: UInt32 = registers.value(at: accessCapability + VirtioPCILayout.accessData)
    withUnsafeBytes(of: data.littleEndian) { data in
      _ = writeBAR(
        VirtioPCILayout.bar, offset: target, from: UnsafeRawBufferPointer(rebasing: data[..<count]))
    }
  }

  private func touchesAccessData(_ offset: Int, _ count: Int) -> Bool {
    let data = accessCapability + VirtioPCILayout.accessData
    return offset < data + 4 && offset + count > data
  }

  /// What the access capability selects; nil unless it is an aligned 1, 2 or 4 bytes of the register.
  private var accessTarget: (offset: UInt64, count: Int)? {
    let bar: UInt8 = registers.value(at: accessCapability + VirtioPCILayout.accessBAR)
    let offset: UInt32 = registers.value(at: accessCapability + VirtioPCILayout.accessOffset)
    let length: UInt32 = registers.value(at: accessCapability + VirtioPCILayout.accessLength)
    guard bar == VirtioPCILayout.bar, length == 1 || length == 2 || length == 4, offset % length == 0,
      UInt64(offset) < VirtioPCILayout.size
    else { return nil }
    return (UInt64(offset), Int(length))
  }
}

extension VirtioDeviceType {
  /// The class code that says best what it is (PCI Local Bus Specification 3.0, appendix D): Ethernet, other
  /// mass storage, other communication, or none of the classes.
  fileprivate var pciClass: UInt32 {
    switch self {
    case .network: 0x02_0000
    case .block: 0x01_8000
    case .console: 0x07_8000
    case .entropy, .balloon: 0xff_0000
    }
  }
}
