import Glibc
import SortieDevices
import SortieVirtio
import Synchronization

/// A machine with one virtio function, and its driver as section 3.1 wants it.
final class VirtioPCIFixture {
  enum Event: Equatable {
    case send(Int)
    case pin(Bool)
  }

  private final class Interrupts: FunctionInterrupts {
    let events = Mutex<[Event]>([])

    func route(vector: Int, to message: MSIMessage?) {}
    func send(vector: Int) { events.withLock { $0.append(.send(vector)) } }
    func descriptor(vector: Int) -> Int32? { 1000 + Int32(vector) }
    func setPin(level: Bool) { events.withLock { $0.append(.pin(level)) } }
  }

  static let configuration: UInt64 = 0xe000_0000

  let device: FakeDevice
  let function: VirtioPCIFunction
  let bus: Bus
  /// Offsets of the capabilities of each type, 0 for MSI-X.
  private(set) var capabilities: [UInt8: Int] = [:]
  private let interrupts = Interrupts()
  private var base: UInt64 = 0

  init(
    queueSizes: [UInt16] = [256, 64], features: VirtioFeatures = [.indirectDescriptors, .eventIndex]
  ) throws {
    device = FakeDevice(queueSizes: queueSizes)
    function = try VirtioPCIFunction(device, features: features, interrupts: interrupts, line: 19)
    var builder = BusBuilder()
    let windows = PCIWindows(
      memory: [0xd000_0000..<0xe000_0000], ports: 0xc000..<0x1_0000,
      configuration: Self.configuration..<Self.configuration + 1 << 20)
    _ = try PCIHostBridge([1: function], windows: windows, on: &builder)
    bus = builder.freeze()
    setConfiguration(6 as UInt16, 4)
    base = UInt64(configuration(0x10, as: UInt32.self) & ~0xf)
    var next = Int(configuration(0x34, as: UInt8.self))
    while next != 0 {
      let isVendors = configuration(next, as: UInt8.self) == 9
      capabilities[isVendors ? configuration(next + 3) : 0] = next
      next = Int(configuration(next + 1, as: UInt8.self))
    }
  }

  /// What interrupts came since the last call.
  func takeInterrupts() -> [Event] {
    interrupts.events.withLock { events in
      defer { events = [] }
      return events
    }
  }

  // MARK: Accesses

  func configuration<Value: FixedWidthInteger>(_ offset: Int, as type: Value.Type = Value.self) -> Value {
    load(Self.configuration + 1 << 15 + UInt64(offset))
  }

  func setConfiguration<Value: FixedWidthInteger>(_ value: Value, _ offset: Int) {
    store(value, Self.configuration + 1 << 15 + UInt64(offset))
  }

  /// Where the structure of a capability's `type` lies.
  func structure(_ type: UInt8) -> UInt64 {
    guard let capability = capabilities[type] else { return 0 }
    return base + UInt64(configuration(capability + 8, as: UInt32.self))
  }

  func common<Value: FixedWidthInteger>(_ offset: UInt64, as type: Value.Type = Value.self) -> Value {
    load(structure(1) + offset)
  }

  func setCommon<Value: FixedWidthInteger>(_ value: Value, _ offset: UInt64) {
    store(value, structure(1) + offset)
  }

  var status: UInt8 {
    get { common(0x14) }
    set { setCommon(newValue, 0x14) }
  }

  var interruptStatus: UInt8 { load(structure(3)) }

  func load<Value: FixedWidthInteger>(_ address: UInt64, as type: Value.Type = Value.self) -> Value {
    var value: Value = 0
    withUnsafeMutableBytes(of: &value) { bus.readMemory(address, at: bus.lookupMemory(address), into: $0) }
    return value
  }

  func store<Value: FixedWidthInteger>(_ value: Value, _ address: UInt64) {
    withUnsafeBytes(of: value) { _ = bus.writeMemory(address, at: bus.lookupMemory(address), from: $0) }
  }

  // MARK: The driver

  /// Offered features.
  var offered: VirtioFeatures {
    var bits: UInt64 = 0
    for half in 0..<2 as Range<UInt32> {
      setCommon(half, 0x00)
      bits |= UInt64(common(0x04, as: UInt32.self)) << UInt64(32 * half)
    }
    return VirtioFeatures(rawValue: bits)
  }

  func accept(_ features: VirtioFeatures) {
    for half in 0..<2 as Range<UInt32> {
      setCommon(half, 0x08)
      setCommon(UInt32(truncatingIfNeeded: features.rawValue >> UInt64(32 * half)), 0x0c)
    }
  }

  /// Steps 1 to 6 of section 3.1.1.
  func negotiate(_ features: VirtioFeatures) {
    status = 0
    status = 1
    status = 3
    accept(features)
    status = 11
  }

  /// Sets up a queue with rings at multiples of `address`.
  func enableQueue(_ queue: UInt16, size: UInt16, at address: UInt64, vector: UInt16 = .max) {
    setCommon(queue, 0x16)
    setCommon(size, 0x18)
    setCommon(vector, 0x1a)
    setCommon(address, 0x20)
    setCommon(UInt32(truncatingIfNeeded: address &* 2), 0x28)
    setCommon(UInt32((address &* 2) >> 32), 0x2c)
    setCommon(address &* 3, 0x30)
    setCommon(1 as UInt16, 0x1c)
  }

  /// All of section 3.1, with queue 0.
  func start(vector: UInt16 = .max) {
    negotiate([.version1])
    enableQueue(0, size: 16, at: 0x1000, vector: vector)
    status = 15
  }

  /// Turns MSI-X on with every vector unmasked.
  func enableMessages() {
    guard let capability = capabilities[0] else { return }
    let table = base + UInt64(configuration(capability + 4, as: UInt32.self) & ~7)
    let count = configuration(capability + 2, as: UInt16.self) & 0x7ff + 1
    for vector in 0..<UInt64(count) { store(0 as UInt32, table + 16 * vector + 12) }
    setConfiguration(0x8000 as UInt16, capability + 2)
  }

  /// How often the queue was kicked since the last call.
  func takeKicks(_ queue: Int) -> UInt64 {
    var count: UInt64 = 0
    return read(function.notifications[queue].descriptor, &count, 8) == 8 ? count : 0
  }
}
