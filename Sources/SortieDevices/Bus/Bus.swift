import Synchronization

/// The devices of a machine and where they answer: built by ``BusBuilder``, immutable from then on, hence without a
/// lock. Looking up and accessing neither allocates nor counts references. Only the start of a ``MovableRange``
/// changes, and it answers inside the windows that the builder left to such ranges.
///
/// An access goes to the devices byte range by byte range: a part that no device claims reads as all ones and is
/// dropped when written, as on a bus where nobody drives the data lines; a part in the range of a second device goes
/// to that device as an access of its own. So an access of n bytes makes at most n device accesses. Ports above
/// 0xffff and addresses above 2^64 - 1, where an access may run to but not start, belong to nobody.
public final class Bus: Sendable {
  /// Where an address lies: a device and an offset into the range it claimed.
  public struct Slot: BitwiseCopyable, Sendable, Equatable {
    /// Number of the device, an index into ``Bus/devices``.
    public let device: UInt16
    /// Bytes from the start of the range.
    public let offset: UInt64
    /// Bytes from the address to where the device stops answering in this range, at least 1.
    public let room: UInt64
  }

  /// One claimed range, as a device map shows it.
  public struct Claim: Sendable, Equatable {
    /// Number of the device, an index into ``Bus/devices``.
    public let device: UInt16
    /// The space the range lies in.
    public let space: AddressSpace
    /// Ports or guest physical addresses.
    public let range: Range<UInt64>
  }

  struct Entry: BitwiseCopyable {
    var start: UInt64
    var end: UInt64
    var device: UInt16
  }

  static let noEntry = UInt8.max
  /// What stands for a device in the entry of a window; no device has this number.
  static let window = UInt16.max

  /// The devices, in the order of their first claims. It keeps alive what the tables refer to.
  public let devices: [any Device]
  /// Claimed ranges, by space and address; of these, windows and what moves in them are none.
  public let claims: [Claim]

  // The tables are written in `init` and never again, so sharing them between threads is safe.
  private nonisolated(unsafe) let portTable: UnsafeMutablePointer<UInt8>
  private nonisolated(unsafe) let portEntries: UnsafeMutableBufferPointer<Entry>
  private nonisolated(unsafe) let memoryEntries: UnsafeMutableBufferPointer<Entry>
  private nonisolated(unsafe) let references: UnsafeMutableBufferPointer<Unmanaged<DeviceBox>>
  private let movablePorts: MovableRanges
  private let movableMemory: MovableRanges

  private let unclaimedReadCount = Atomic<UInt64>(0)
  private let unclaimedWriteCount = Atomic<UInt64>(0)

  init(_ builder: BusBuilder) {
    devices = builder.devices
    claims =
      builder.ports.filter { $0.device != Self.window }
      .map { Claim(device: $0.device, space: .port, range: $0.range) }
      + builder.memory.filter { $0.device != Self.window }
      .map { Claim(device: $0.device, space: .memory, range: $0.range) }
    movablePorts = MovableRanges(builder.movable.filter { $0.space == .port })
    movableMemory = MovableRanges(builder.movable.filter { $0.space == .memory })
    references = .allocate(capacity: devices.count)
    _ = references.initialize(from: devices.map { Unmanaged.passRetained(DeviceBox($0)) })
    portEntries = Self.table(builder.ports)
    memoryEntries = Self.table(builder.memory)
    let portCount = Int(AddressSpace.port.addressCount)
    portTable = .allocate(capacity: portCount)
    portTable.initialize(repeating: Self.noEntry, count: portCount)
    for (index, claim) in builder.ports.enumerated() {
      for port in claim.range { portTable[Int(port)] = UInt8(index) }
    }
  }

  deinit {
    portTable.deallocate()
    portEntries.deallocate()
    memoryEntries.deallocate()
    for reference in references { reference.release() }
    references.deallocate()
    movablePorts.deallocate()
    movableMemory.deallocate()
  }

  private static func table(_ claims: [BusBuilder.Claim]) -> UnsafeMutableBufferPointer<Entry> {
    let table = UnsafeMutableBufferPointer<Entry>.allocate(capacity: claims.count)
    _ = table.initialize(
      from: claims.map { Entry(start: $0.range.lowerBound, end: $0.range.upperBound, device: $0.device) })
    return table
  }

  /// Reads of which at least one byte belonged to no device; an element of a string instruction counts as one.
  public var unclaimedReads: UInt64 { unclaimedReadCount.load(ordering: .relaxed) }
  /// Writes of which at least one byte belonged to no device; an element of a string instruction counts as one.
  public var unclaimedWrites: UInt64 { unclaimedWriteCount.load(ordering: .relaxed) }

  /// The device that answers at `port`: one load from the port table and one from the claim; in a window one from each
  /// movable range until one is found.
  public func lookupPort(_ port: UInt16) -> Slot? {
    let index = portTable[Int(port)]
    guard index != Self.noEntry else { return nil }
    return Self.slot(portEntries[Int(index)], UInt64(port), movablePorts)
  }

  /// The device that answers at the guest physical `address`: a binary search over the claims; in a window one load
  /// from each movable range until one is found.
  public func lookupMemory(_ address: UInt64) -> Slot? {
    let index = firstMemoryEntry(endingAbove: address)
    guard index < memoryEntries.count, memoryEntries[index].start <= address else { return nil }
    return Self.slot(memoryEntries[index], address, movableMemory)
  }

  /// One or more reads of `elementSize` bytes at one port (`KVM_EXIT_IO`, in): a string instruction hands over as
  /// many elements as fit into `bytes`.
  ///
  /// - Parameter slot: what ``lookupPort(_:)`` says of `port`.
  public func readPort(
    _ port: UInt16, at slot: Slot?, elementSize: Int, into bytes: UnsafeMutableRawBufferPointer
  ) {
    if let slot, elementSize > 0, UInt64(elementSize) <= slot.room {
      if bytes.count <= elementSize {
        references[Int(slot.device)].withDevice { $0.read(offset: slot.offset, into: bytes) }
      } else {
        references[Int(slot.device)].withDevice {
          $0.readString(
            offset: slot.offset, elementSize: elementSize, into: bytes)
        }
      }
      return
    }
    forEachElement(of: bytes.count, elementSize: elementSize) { element in
      readSplit(UInt64(port), in: .port, into: UnsafeMutableRawBufferPointer(rebasing: bytes[element]))
      return .none
    }
  }

  /// One or more writes of `elementSize` bytes at one port (`KVM_EXIT_IO`, out), up to the first with an effect.
  ///
  /// - Parameter slot: what ``lookupPort(_:)`` says of `port`.
  public func writePort(
    _ port: UInt16, at slot: Slot?, elementSize: Int, from bytes: UnsafeRawBufferPointer
  ) -> DeviceEffect {
    if let slot, elementSize > 0, UInt64(elementSize) <= slot.room {
      if bytes.count <= elementSize {
        return references[Int(slot.device)].withDevice { $0.write(offset: slot.offset, from: bytes) }
      }
      return references[Int(slot.device)].withDevice {
        $0.writeString(
          offset: slot.offset, elementSize: elementSize, from: bytes)
      }
    }
    return forEachElement(of: bytes.count, elementSize: elementSize) { element in
      writeSplit(UInt64(port), in: .port, from: UnsafeRawBufferPointer(rebasing: bytes[element]))
    }
  }

  /// One read of guest physical memory (`KVM_EXIT_MMIO`).
  ///
  /// - Parameter slot: what ``lookupMemory(_:)`` says of `address`.
  public func readMemory(
    _ address: UInt64, at slot: Slot?, into bytes: UnsafeMutableRawBufferPointer
  ) {
    if let slot, UInt64(bytes.count) <= slot.room {
      references[Int(slot.device)].withDevice { $0.read(offset: slot.offset, into: bytes) }
    } else {
      readSplit(address, in: .memory, into: bytes)
    }
  }

  /// One write of guest physical memory (`KVM_EXIT_MMIO`).
  ///
  /// - Parameter slot: what ``lookupMemory(_:)`` says of `address`.
  public func writeMemory(
    _ address: UInt64, at slot: Slot?, from bytes: UnsafeRawBufferPointer
  ) -> DeviceEffect {
    if let slot, UInt64(bytes.count) <= slot.room {
      return references[Int(slot.device)].withDevice { $0.write(offset: slot.offset, from: bytes) }
    }
    return writeSplit(address, in: .memory, from: bytes)
  }

  private static func slot(_ entry: Entry, _ address: UInt64, _ movable: MovableRanges) -> Slot? {
    guard entry.device != window else { return movable.lookup(address, before: entry.end) }
    return Slot(device: entry.device, offset: address - entry.start, room: entry.end - address)
  }

  private func firstMemoryEntry(endingAbove address: UInt64) -> Int {
    var low = 0
    var high = memoryEntries.count
    while low < high {
      let middle = low + (high - low) / 2
      if memoryEntries[middle].end > address { high = middle } else { low = middle + 1 }
    }
    return low
  }

  private func lookup(_ address: UInt64, in space: AddressSpace) -> Slot? {
    switch space {
    case .port: UInt16(exactly: address).flatMap(lookupPort)
    case .memory: lookupMemory(address)
    }
  }

  private func readSplit(
    _ address: UInt64, in space: AddressSpace, into bytes: UnsafeMutableRawBufferPointer
  ) {
    var unclaimed = false
    var done = 0
    while done < bytes.count {
      let (next, overflow) = address.addingReportingOverflow(UInt64(done))
      guard !overflow, let slot = lookup(next, in: space) else {
        bytes[done] = 0xff
        unclaimed = true
        done += 1
        continue
      }
      let count = Int(min(slot.room, UInt64(bytes.count - done)))
      references[Int(slot.device)].withDevice {
        $0.read(
          offset: slot.offset, into: UnsafeMutableRawBufferPointer(rebasing: bytes[done..<done + count]))
      }
      done += count
    }
    if unclaimed { unclaimedReadCount.wrappingAdd(1, ordering: .relaxed) }
  }

  private func writeSplit(
    _ address: UInt64, in space: AddressSpace, from bytes: UnsafeRawBufferPointer
  ) -> DeviceEffect {
    var unclaimed = false
    var effect = DeviceEffect.none
    var done = 0
    while done < bytes.count, effect == .none {
      let (next, overflow) = address.addingReportingOverflow(UInt64(done))
      guard !overflow, let slot = lookup(next, in: space) else {
        unclaimed = true
        done += 1
        continue
      }
      let count = Int(min(slot.room, UInt64(bytes.count - done)))
      effect = references[Int(slot.device)].withDevice {
        $0.write(
          offset: slot.offset, from: UnsafeRawBufferPointer(rebasing: bytes[done..<done + count]))
      }
      done += count
    }
    if unclaimed { unclaimedWriteCount.wrappingAdd(1, ordering: .relaxed) }
    return effect
  }
}
