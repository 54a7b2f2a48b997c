internal import CLinuxIO
internal import SortieDevices

/// The three parts of a split virtqueue as the host sees them, checked once, when the driver enables the device: their
/// host addresses cannot change, only what the guest writes there (Virtual I/O Device Version 1.2, section 2.7).
struct SplitRings {
  let size: UInt16
  let descriptors: UnsafeRawPointer
  let available: UnsafeRawPointer
  let used: UnsafeMutableRawPointer

  init(_ setup: VirtioQueueSetup, maximumSize: UInt16, memory: GuestRAM) throws(VirtioFault) {
    size = setup.size
    guard size > 0, size <= maximumSize, size & (size - 1) == 0 else {
      throw .queueSize(queue: setup.index, size: UInt32(size))
    }
    let entries = UInt64(size)
    // Sizes and alignments stand in the table of section 2.7; each ring has flags, index and event besides its entries.
    func part(
      _ part: VirtioFault.QueuePart, at address: UInt64, alignment: UInt64, count: UInt64
    ) throws(VirtioFault) -> UnsafeMutableRawPointer {
      guard address % alignment == 0 else {
        throw .misaligned(queue: setup.index, part: part, address: address)
      }
      guard let start = memory.bytes(at: address, count: count)?.baseAddress else {
        throw .queueOutsideMemory(queue: setup.index, part: part, address: address)
      }
      return start
    }
    descriptors = UnsafeRawPointer(
      try part(.descriptors, at: setup.descriptors, alignment: 16, count: 16 * entries))
    available = UnsafeRawPointer(
      try part(.available, at: setup.available, alignment: 2, count: 6 + 2 * entries))
    used = try part(.used, at: setup.used, alignment: 4, count: 6 + 8 * entries)
  }

  private static let flags = 0
  private static let index = 2
  private static let entries = 4

  private func load(_ ring: UnsafeRawPointer, _ offset: Int) -> UInt16 {
    sortie_ring_load_acquire((ring + offset).assumingMemoryBound(to: UInt16.self))
  }

  private func store(_ value: UInt16, _ offset: Int) {
    sortie_ring_store_release((used + offset).assumingMemoryBound(to: UInt16.self), value)
  }

  // MARK: Available ring

  var availableFlags: UInt16 { load(available, Self.flags) }
  var availableIndex: UInt16 { load(available, Self.index) }
  var usedEvent: UInt16 { load(available, Self.entries + 2 * Int(size)) }

  /// The descriptor index in the entry for `position`, which counts on without end. Unchecked.
  func availableHead(at position: UInt16) -> UInt16 {
    load(available, Self.entries + 2 * Int(position & (size - 1)))
  }

  // MARK: Used ring

  /// Writes the entry for `position`; the driver sees it when ``setUsedIndex(_:)`` covers it.
  func setUsed(at position: UInt16, head: UInt16, written: UInt32) {
    let entry = used + Self.entries + 8 * Int(position & (size - 1))
    entry.storeBytes(of: UInt32(head), as: UInt32.self)
    entry.storeBytes(of: written, toByteOffset: 4, as: UInt32.self)
  }

  /// Between a store that the driver is to see and a look at what it has stored meanwhile: one of the two sides sees the
  /// other's, or a notification would be lost.
  func orderStoreBeforeLoad() { sortie_ring_fence() }

  func setUsedFlags(_ value: UInt16) { store(value, Self.flags) }
  func setUsedIndex(_ value: UInt16) { store(value, Self.index) }
  func setAvailableEvent(_ value: UInt16) { store(value, Self.entries + 8 * Int(size)) }
}

/// One descriptor (section 2.7.5), read once.
struct Descriptor {
  static let byteCount = 16
  static let next: UInt16 = 1
  static let write: UInt16 = 2
  static let indirect: UInt16 = 4

  let address: UInt64
  let count: UInt32
  let flags: UInt16
  let nextIndex: UInt16

  init(at bytes: UnsafeRawPointer) {
    address = sortie_ring_load_once(bytes)
    let rest = sortie_ring_load_once(bytes + 8)
    count = UInt32(truncatingIfNeeded: rest)
    flags = UInt16(truncatingIfNeeded: rest >> 32)
    nextIndex = UInt16(truncatingIfNeeded: rest >> 48)
  }

  func has(_ flag: UInt16) -> Bool { flags & flag != 0 }
}
