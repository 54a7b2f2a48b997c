import CLinuxIO
import DeviceFixtures
import Glibc
import SortieDevices
import SortieVirtio

/// The driver's side of one split virtqueue in test memory (Virtual I/O Device Version 1.2, section 2.7): correct where
/// a test uses the high-level calls, anything where it writes descriptors and indices itself.
final class MockDriver: @unchecked Sendable {
  /// A buffer of a request.
  struct Buffer {
    var address: UInt64
    var count: UInt32
    var isWritable = false

    static func readable(_ address: UInt64, _ count: Int) -> Buffer {
      Buffer(address: address, count: UInt32(count))
    }
    static func writable(_ address: UInt64, _ count: Int) -> Buffer {
      Buffer(address: address, count: UInt32(count), isWritable: true)
    }
  }

  struct Used: Equatable {
    var id: UInt32
    var written: UInt32
  }

  static let next: UInt16 = 1
  static let write: UInt16 = 2
  static let indirect: UInt16 = 4

  let ram: TestRAM
  let setup: VirtioQueueSetup
  private(set) var availableIndex: UInt16 = 0
  private var seenUsed: UInt16 = 0
  private var free: [UInt16]
  private var chains: [UInt16: [UInt16]] = [:]

  /// A queue whose parts lie from `address` on; the bytes after them are ``end``.
  init(ram: TestRAM, size: UInt16 = 8, index: Int = 0, address: UInt64 = 0x1000) {
    self.ram = ram
    let available = address + 16 * UInt64(size)
    let used = (available + 6 + 2 * UInt64(size) + 3) & ~3
    setup = VirtioQueueSetup(
      index: index, size: size, descriptors: address, available: available, used: used,
      kick: sortie_io_eventfd())
    free = (0..<size).reversed()
  }

  deinit {
    close(setup.kick)
  }

  /// First byte behind the rings.
  var end: UInt64 { setup.used + 6 + 8 * UInt64(setup.size) }

  /// The device's view.
  func queue(features: VirtioFeatures = [], maximumSize: UInt16 = 256) throws(VirtioFault) -> Virtqueue {
    try Virtqueue(setup, maximumSize: maximumSize, features: features, memory: ram.ram)
  }

  // MARK: Correct requests

  /// Puts a chain into free descriptors and makes it available.
  ///
  /// - Returns: its head.
  @discardableResult
  func add(_ buffers: [Buffer]) -> UInt16 {
    let indices = buffers.map { _ in free.removeLast() }
    for (position, buffer) in buffers.enumerated() {
      let isLast = position == buffers.count - 1
      setDescriptor(
        indices[position], address: buffer.address, count: buffer.count,
        flags: (buffer.isWritable ? Self.write : 0) | (isLast ? 0 : Self.next),
        next: isLast ? 0 : indices[position + 1])
    }
    chains[indices[0]] = indices
    makeAvailable(indices[0])
    return indices[0]
  }

  /// Puts a chain into a table at `table` and makes it available behind one descriptor.
  @discardableResult
  func addIndirect(_ buffers: [Buffer], table: UInt64) -> UInt16 {
    writeTable(buffers, at: table)
    let head = free.removeLast()
    setDescriptor(head, address: table, count: UInt32(16 * buffers.count), flags: Self.indirect)
    chains[head] = [head]
    makeAvailable(head)
    return head
  }

  /// What the device has given back since the last call.
  func takeUsed() -> [Used] {
    var taken: [Used] = []
    while usedIndex != seenUsed {
      let entry = setup.used + 4 + 8 * UInt64(seenUsed % setup.size)
      let used = Used(id: ram.load(UInt32.self, at: entry), written: ram.load(UInt32.self, at: entry + 4))
      seenUsed &+= 1
      free += (chains.removeValue(forKey: UInt16(truncatingIfNeeded: used.id)) ?? []).reversed()
      taken.append(used)
    }
    return taken
  }

  /// How many chains of `count` buffers the free descriptors hold.
  func room(count: Int) -> Int { free.count / count }

  func kick() {
    var one: UInt64 = 1
    precondition(Glibc.write(setup.kick, &one, 8) == 8)
  }

  // MARK: Anything

  func writeTable(_ buffers: [Buffer], at table: UInt64) {
    for (position, buffer) in buffers.enumerated() {
      let isLast = position == buffers.count - 1
      write(
        at: table + 16 * UInt64(position), address: buffer.address, count: buffer.count,
        flags: (buffer.isWritable ? Self.write : 0) | (isLast ? 0 : Self.next), next: UInt16(position + 1))
    }
  }

  func setDescriptor(_ index: UInt16, address: UInt64, count: UInt32, flags: UInt16 = 0, next: UInt16 = 0) {
    write(
      at: setup.descriptors + 16 * UInt64(index), address: address, count: count, flags: flags, next: next)
  }

  func write(at place: UInt64, address: UInt64, count: UInt32, flags: UInt16, next: UInt16) {
    ram.store(address, at: place)
    ram.store(count, at: place + 8)
    ram.store(flags, at: place + 12)
    ram.store(next, at: place + 14)
  }

  func makeAvailable(_ head: UInt16) {
    ram.store(head, at: setup.available + 4 + 2 * UInt64(availableIndex % setup.size))
    setAvailableIndex(availableIndex &+ 1)
  }

  func setAvailableIndex(_ index: UInt16) {
    availableIndex = index
    sortie_ring_fence()
    ram.store(index, at: setup.available + 2)
    sortie_ring_fence()
  }

  func setAvailableFlags(_ flags: UInt16) { ram.store(flags, at: setup.available) }
  func setUsedEvent(_ index: UInt16) {
    ram.store(index, at: setup.available + 4 + 2 * UInt64(setup.size))
    sortie_ring_fence()
  }

  var usedFlags: UInt16 { ram.load(UInt16.self, at: setup.used) }
  var usedIndex: UInt16 {
    sortie_ring_fence()
    return ram.load(UInt16.self, at: setup.used + 2)
  }
  var availableEvent: UInt16 { ram.load(UInt16.self, at: setup.used + 4 + 8 * UInt64(setup.size)) }
}
