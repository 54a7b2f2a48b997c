import SortieDevices
import Testing

@Suite struct BusTests {
  private func latch(_ name: String, _ count: Int = 16) -> LatchRegister {
    LatchRegister(name: name, byteCount: count)
  }

  @Test func aSlotNamesTheDeviceAndTheOffset() throws {
    var builder = BusBuilder()
    #expect(try builder.add(latch("a"), at: 0x3f8..<0x400, in: .port) == 0)
    #expect(try builder.add(latch("b"), at: 0xe0..<0xe4, in: .port) == 1)
    #expect(try builder.add(latch("c"), at: 0xd000_0000..<0xd000_2000, in: .memory) == 2)
    let bus = builder.freeze()
    #expect(bus.devices.map(\.name) == ["a", "b", "c"])

    let port = try #require(bus.lookupPort(0x3fd))
    #expect(port.device == 0 && port.offset == 5 && port.room == 3)
    let memory = try #require(bus.lookupMemory(0xd000_1fff))
    #expect(memory.device == 2 && memory.offset == 0x1fff && memory.room == 1)
    for free: UInt16 in [0, 0xdf, 0xe4, 0x3f7, 0x400, 0xffff] { #expect(bus.lookupPort(free) == nil) }
    for free: UInt64 in [0, 0xcfff_ffff, 0xd000_2000, .max] { #expect(bus.lookupMemory(free) == nil) }
  }

  @Test func aDeviceKeepsItsNumberOverSeveralRanges() throws {
    let device = latch("ide")
    var builder = BusBuilder()
    #expect(try builder.add(device, at: 0x1f0..<0x1f8, in: .port) == 0)
    #expect(try builder.add(latch("other"), at: 0x200..<0x208, in: .port) == 1)
    #expect(try builder.add(device, at: 0x3f6..<0x3f7, in: .port) == 0)
    let bus = builder.freeze()
    #expect(bus.devices.count == 2)
    #expect(bus.lookupPort(0x3f6)?.device == 0)
    #expect(bus.claims.map(\.device) == [0, 1, 0])
    #expect(bus.claims.map(\.range) == [0x1f0..<0x1f8, 0x200..<0x208, 0x3f6..<0x3f7])
  }

  @Test(
    arguments: [0x3f0..<0x3f9, 0x3ff..<0x401, 0x3fa..<0x3fb, 0x3f8..<0x400, 0x100..<0x1000] as [Range<UInt64>]
  )
  func anOverlapIsRefusedWithBothRanges(range: Range<UInt64>) throws {
    var builder = BusBuilder()
    try builder.add(latch("low"), at: 0x10..<0x20, in: .port)
    try builder.add(latch("uart"), at: 0x3f8..<0x400, in: .port)
    let expected = BusError.overlap(
      device: "late", range: range, space: .port, other: "uart", otherRange: 0x3f8..<0x400)
    #expect(throws: expected) { try builder.add(latch("late"), at: range, in: .port) }
    try builder.add(latch("late"), at: range, in: .memory)
    #expect(builder.freeze().devices.map(\.name) == ["low", "uart", "late"])
  }

  @Test func anErrorIsOneSentenceWithTheValues() {
    let error = BusError.overlap(
      device: "late", range: 0x3f0..<0x3f9, space: .port, other: "uart", otherRange: 0x3f8..<0x400)
    #expect(
      "\(error)" == "device late claims port 0x3f0..<0x3f9, which overlaps 0x3f8..<0x400 of device uart")
  }

  @Test func rangesOutsideTheirSpaceAreRefused() throws {
    var builder = BusBuilder()
    #expect(throws: BusError.emptyRange(device: "a", at: 5, space: .port)) {
      try builder.add(latch("a"), at: 5..<5, in: .port)
    }
    #expect(throws: BusError.outsideSpace(device: "a", range: 0xfffe..<0x10001, space: .port)) {
      try builder.add(latch("a"), at: 0xfffe..<0x10001, in: .port)
    }
    #expect(throws: BusError.outsideSpace(device: "a", range: 0..<UInt64.max, space: .memory)) {
      try builder.add(latch("a"), at: 0..<UInt64.max, in: .memory)
    }
    try builder.add(latch("a"), at: 0xfffe..<0x10000, in: .port)
    try builder.add(latch("b"), at: 0..<1 << 52, in: .memory)
  }

  @Test func thePortTableHolds255Ranges() throws {
    var builder = BusBuilder()
    let device = latch("a")
    for port in 0..<255 as Range<UInt64> { try builder.add(device, at: port * 2..<port * 2 + 1, in: .port) }
    #expect(throws: BusError.tooManyRanges(space: .port, limit: 255)) {
      try builder.add(device, at: 0x1000..<0x1001, in: .port)
    }
    let bus = builder.freeze()
    #expect(bus.lookupPort(508)?.device == 0)
    #expect(bus.lookupPort(509) == nil)
  }

  @Test func unclaimedAddressesReadAllOnesAndAreCounted() {
    let bus = BusBuilder().freeze()
    #expect(bus.read(0x80, in: .port, count: 4) == [0xff, 0xff, 0xff, 0xff])
    #expect(bus.read(0xd000_0000, in: .memory, count: 8) == [UInt8](repeating: 0xff, count: 8))
    #expect(bus.write(0x80, in: .port, [1]) == .none)
    #expect(bus.read(0x80, in: .port, elementSize: 2, count: 20) == [UInt8](repeating: 0xff, count: 20))
    #expect(bus.unclaimedReads == 12)
    #expect(bus.unclaimedWrites == 1)
  }

  @Test func anAccessOverTwoDevicesIsSplitBetweenThem() throws {
    let first = latch("first", 2)
    let second = latch("second", 2)
    var builder = BusBuilder()
    try builder.add(first, at: 0xe2..<0xe4, in: .port)
    try builder.add(second, at: 0xe4..<0xe6, in: .port)
    let bus = builder.freeze()
    #expect(bus.write(0xe3, in: .port, [1, 2, 3, 4]) == .none)
    #expect(first.read(0, count: 2) == [0, 1])
    #expect(second.read(0, count: 2) == [2, 3])
    #expect(bus.unclaimedWrites == 1)
    #expect(bus.read(0xe1, in: .port, count: 4) == [0xff, 0, 1, 2])
    #expect(bus.unclaimedReads == 1)
  }

  @Test func anAccessOverTheLastAddressEndsThere() throws {
    var builder = BusBuilder()
    try builder.add(latch("a", 1), at: 0xffff..<0x10000, in: .port)
    let bus = builder.freeze()
    bus.write(0xffff, in: .port, [1, 2, 3, 4])
    #expect(bus.read(0xffff, in: .port, count: 4) == [1, 0xff, 0xff, 0xff])
    #expect(bus.lookupPort(0) == nil)
    #expect(bus.read(.max - 1, in: .memory, count: 4) == [0xff, 0xff, 0xff, 0xff])
    #expect(bus.write(.max, in: .memory, [1, 2]) == .none)
  }

  @Test func anEffectEndsAStringAndReachesTheCaller() throws {
    let after = latch("after", 4)
    var builder = BusBuilder()
    try builder.add(DebugExit(), at: 0xf4..<0xf5, in: .port)
    try builder.add(after, at: 0xf5..<0xf8, in: .port)
    let bus = builder.freeze()
    #expect(bus.write(0xf4, in: .port, elementSize: 1, [2, 3, 4]) == .stop(status: 5))
    #expect(bus.write(0xf4, in: .port, [2, 3]) == .stop(status: 5), "the part of the device that stops")
    #expect(after.read(0, count: 1) == [0], "nothing follows the stop")
  }

  @Test func elementsOfAStringGoToOnePort() throws {
    let port = StringPort(name: "string")
    var builder = BusBuilder()
    try builder.add(port, at: 0xe4..<0xe8, in: .port)
    let bus = builder.freeze()
    bus.write(0xe4, in: .port, elementSize: 2, [UInt8](repeating: 1, count: 512))
    #expect(port.bytesSwallowed == 512)
    #expect(
      bus.read(0xe4, in: .port, elementSize: 4, count: 300) == (0..<300).map { UInt8(truncatingIfNeeded: $0) }
    )
    #expect(bus.unclaimedReads == 0 && bus.unclaimedWrites == 0)
  }
}
