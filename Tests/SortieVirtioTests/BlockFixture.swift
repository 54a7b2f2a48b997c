import DeviceFixtures
import SortieDevices
import SortieVirtio
import Testing

/// A virtio-blk device, started, with the driver of its queue.
final class BlockFixture {
  static let header: UInt64 = 0x8000
  static let status: UInt64 = 0x9000
  static let data: UInt64 = 0x10000

  let ram = TestRAM(lowBytes: 0x40000)
  let driver: MockDriver
  let device: VirtioBlock
  let interrupts = RecordingInterrupts()
  private let features: VirtioFeatures

  init(_ disk: any BlockBackend, without missing: VirtioFeatures = []) throws {
    driver = MockDriver(ram: ram, size: 64)
    device = VirtioBlock(
      name: "virtio-blk0", disk: disk, identifier: "sortie-0001", memory: ram.ram,
      thread: try IOThread(name: "io"))
    features = device.features.union([.version1, .indirectDescriptors, .eventIndex]).subtracting(missing)
  }

  deinit {
    device.stop()
  }

  func start() throws { try device.start([driver.setup], features: features, interrupts: interrupts) }

  /// The header of request number `slot`.
  func writeHeader(_ kind: UInt32, sector: UInt64, slot: UInt64 = 0) -> MockDriver.Buffer {
    let address = Self.header + 16 * slot
    ram.store(kind, at: address)
    ram.store(UInt32(0), at: address + 4)
    ram.store(sector, at: address + 8)
    ram.store(UInt8(0xee), at: Self.status + slot)
    return .readable(address, 16)
  }

  func statusBuffer(slot: UInt64 = 0) -> MockDriver.Buffer { .writable(Self.status + slot, 1) }

  /// Makes one request with these buffers between header and status and waits for it.
  ///
  /// - Returns: its status and how many bytes the device says it wrote.
  func request(_ kind: UInt32, sector: UInt64 = 0, _ buffers: [MockDriver.Buffer] = []) throws -> (
    status: UInt8, written: UInt32
  ) {
    let header = writeHeader(kind, sector: sector)
    let used = try perform([header] + buffers + [statusBuffer()])
    return (ram.load(UInt8.self, at: Self.status), used.written)
  }

  /// Makes a chain available, kicks and waits until it is used.
  func perform(_ buffers: [MockDriver.Buffer]) throws -> MockDriver.Used {
    driver.setUsedEvent(driver.usedIndex)
    let head = driver.add(buffers)
    let before = interrupts.used.count
    driver.kick()
    #expect(interrupts.used.wait(for: before + 1))
    let used = try #require(driver.takeUsed().first)
    #expect(used.id == head)
    return used
  }

  /// Bytes of the configuration; values are little-endian.
  func configuration<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, at offset: Int) -> T {
    var value = T.zero
    withUnsafeMutableBytes(of: &value) { device.readConfiguration(offset: offset, into: $0) }
    return value
  }

  func setWriteback(_ value: UInt8) {
    withUnsafeBytes(of: value) { device.writeConfiguration(offset: 32, from: $0) }
  }
}
