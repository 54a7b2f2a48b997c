import DeviceFixtures
import Glibc
import SortieDevices
import SortieVirtio
import Testing

@Suite struct VirtioBlockTests {
  private static let data = BlockFixture.data
  private let disk = FakeDisk(byteCount: 64 * 512)

  @Test func theConfigurationSaysWhatTheDiskIs() throws {
    let block = try BlockFixture(FakeDisk(byteCount: 1 << 16, blockSize: 4096))
    #expect(block.configuration(UInt64.self, at: 0) == 128)
    #expect(block.configuration(UInt32.self, at: 12) == 254, "a request fits into the queue")
    #expect(block.configuration(UInt32.self, at: 20) == 4096)
    #expect(block.configuration(UInt16.self, at: 34) == 1)
    #expect(block.configuration(UInt32.self, at: 44) == 8)
    #expect(block.configuration(UInt8.self, at: 56) == 1)
    #expect(block.configuration(UInt32.self, at: 58) == 0xffff_0000, "past the end")
    #expect(block.configuration(UInt8.self, at: .max) == 0xff)
    #expect(block.device.features.rawValue == 1 << 2 | 1 << 6 | 1 << 9 | 1 << 11 | 1 << 13 | 1 << 14)
  }

  @Test func aReadScattersOverTheBuffers() throws {
    let block = try BlockFixture(disk)
    try block.start()
    let answer = try block.request(
      0, sector: 5, [.writable(Self.data, 700), .writable(Self.data + 0x1000, 324)])
    #expect(answer == (0, 1025))
    #expect(block.ram.load(count: 700, at: Self.data) == Array(disk.cached[2560..<3260]))
    #expect(block.ram.load(count: 325, at: Self.data + 0x1000) == Array(disk.cached[3260..<3584]) + [0])
  }

  @Test func aWriteGathersFromTheBuffers() throws {
    let block = try BlockFixture(disk)
    try block.start()
    block.ram.store([UInt8](repeating: 0xaa, count: 100), at: Self.data)
    block.ram.store([UInt8](repeating: 0xbb, count: 412), at: Self.data + 0x1001)
    let answer = try block.request(
      1, sector: 63, [.readable(Self.data, 100), .readable(Self.data + 0x1001, 412)])
    #expect(answer == (0, 1))
    #expect(disk.cached[32256..<32356].allSatisfy { $0 == 0xaa })
    #expect(disk.cached[32356...].allSatisfy { $0 == 0xbb })
    #expect(disk.operations == [.write(32256..<32768)])
  }

  /// Section 2.7.4: how a request is cut into buffers means nothing.
  @Test func headerAndStatusMayLieInAnyBuffers() throws {
    let block = try BlockFixture(disk)
    try block.start()
    _ = block.writeHeader(1, sector: 2)
    let header = BlockFixture.header
    block.ram.store([UInt8](repeating: 0xcc, count: 512), at: header + 16)
    let used = try block.perform([
      .readable(header, 7), .readable(header + 7, 521), .writable(BlockFixture.status, 1),
    ])
    #expect(used.written == 1)
    #expect(disk.cached[1024..<1536].allSatisfy { $0 == 0xcc })
    _ = block.writeHeader(0, sector: 2)
    #expect(try block.perform([.readable(header, 16), .writable(Self.data, 513)]).written == 513)
    #expect(block.ram.load(count: 514, at: Self.data) == [UInt8](repeating: 0xcc, count: 512) + [0, 0])
  }

  @Test func aRequestThroughAnIndirectTableIsServed() throws {
    let block = try BlockFixture(disk)
    try block.start()
    let header = block.writeHeader(0, sector: 1)
    block.driver.addIndirect(
      [header, .writable(Self.data, 512), block.statusBuffer()], table: 0xa000)
    block.driver.kick()
    #expect(block.interrupts.used.wait(for: 1))
    #expect(block.ram.load(count: 512, at: Self.data) == [UInt8](repeating: 1, count: 512))
  }

  @Test func aResetWaitsForTheRequestUnderWayAndNothingIsTouchedAfterIt() throws {
    let block = try BlockFixture(disk)
    disk.hold(true)
    try block.start()
    for slot in UInt64(0)..<3 {
      let header = block.writeHeader(0, sector: slot, slot: slot)
      block.driver.add([header, .writable(Self.data + 512 * slot, 512), block.statusBuffer(slot: slot)])
    }
    block.driver.kick()
    #expect(disk.begun.wait(for: 1))
    let stopped = Signals()
    let device = block.device
    Task.detached {
      device.stop()
      stopped.signal()
    }
    usleep(50_000)
    #expect(stopped.count == 0, "the disk still writes to guest memory")
    disk.hold(false)
    #expect(stopped.wait(for: 1))
    // What was behind it is left alone, and the rings are the guest's again.
    #expect(disk.operations == [.read(0..<512)])
    #expect(block.driver.takeUsed().count == 1)
    let memory = block.ram.load(count: 0x40000, at: 0)
    block.driver.kick()
    usleep(20_000)
    #expect(block.ram.load(count: 0x40000, at: 0) == memory && disk.begun.count == 1)
    #expect(block.interrupts.faults.count == 0)
  }

  // MARK: What is refused

  @Test(arguments: [1, 511, 513, 1000])
  func transfersOfNoWholeSectorsAreErrors(count: Int) throws {
    let block = try BlockFixture(disk)
    try block.start()
    #expect(try block.request(0, [.writable(Self.data, count)]) == (1, 0))
    #expect(try block.request(1, [.readable(Self.data, count)]) == (1, 1))
    #expect(disk.operations.isEmpty)
  }

  @Test func transfersOfNothingAreErrors() throws {
    let block = try BlockFixture(disk)
    try block.start()
    #expect(try block.request(0) == (1, 1))
    #expect(try block.request(1) == (1, 1))
  }

  @Test(arguments: [63, 64, 1 << 55, UInt64.max / 512, .max])
  func sectorsBeyondTheDiskAreErrors(sector: UInt64) throws {
    let block = try BlockFixture(disk)
    try block.start()
    #expect(try block.request(0, sector: sector, [.writable(Self.data, 1024)]).status == 1)
    #expect(try block.request(1, sector: sector, [.readable(Self.data, 1024)]).status == 1)
    #expect(disk.operations.isEmpty)
  }

  @Test(arguments: [2, 10, 14, 0xffff_ffff] as [UInt32])
  func unknownRequestsAreUnsupported(kind: UInt32) throws {
    let block = try BlockFixture(disk)
    try block.start()
    #expect(try block.request(kind, [.writable(Self.data, 512)]).status == 2)
  }

  @Test func aShortHeaderIsAnErrorAndNoStatusAFault() throws {
    let block = try BlockFixture(disk)
    try block.start()
    _ = try block.perform([.readable(BlockFixture.header, 15), .writable(BlockFixture.status, 1)])
    #expect(block.ram.load(UInt8.self, at: BlockFixture.status) == 1)
    block.driver.add([.readable(BlockFixture.header, 16)])
    block.driver.kick()
    #expect(block.interrupts.faults.wait(for: 1))
    #expect(
      block.interrupts.fault == .request(queue: 0, problem: "no room for the status of a block request"))
  }

  @Test func aFailedTransferIsAnErrorWithAStatus() throws {
    let block = try BlockFixture(disk)
    try block.start()
    disk.fail(.failed(errno: 28))
    #expect(try block.request(0, [.writable(Self.data, 512)]) == (1, 0))
    #expect(try block.request(1, [.readable(Self.data, 512)]) == (1, 1))
    #expect(try block.request(4) == (1, 1))
    disk.fail(.unsupported)
    #expect(try discard([(0, 1, 0)], block) == 2)
  }

  @Test func aReadOnlyDiskIsNotChanged() throws {
    let disk = FakeDisk(byteCount: 64 * 512, isReadOnly: true)
    let block = try BlockFixture(disk)
    try block.start()
    #expect(block.device.features.rawValue == 1 << 2 | 1 << 5 | 1 << 6 | 1 << 9 | 1 << 11)
    #expect(try block.request(1, [.readable(Self.data, 512)]).status == 1)
    #expect(try discard([(0, 1, 0)], block) == 1)
    #expect(try block.request(0, [.writable(Self.data, 512)]).status == 0)
    #expect(disk.operations == [.read(0..<512)])
  }

  @Test func theIdentifierHasTwentyBytes() throws {
    let block = try BlockFixture(disk)
    try block.start()
    #expect(try block.request(8, [.writable(Self.data, 20)]) == (0, 21))
    #expect(
      block.ram.load(count: 20, at: Self.data) == Array("sortie-0001".utf8) + [UInt8](repeating: 0, count: 9))
    #expect(try block.request(8, [.writable(Self.data, 19)]).status == 1)
    #expect(try block.request(8, [.writable(Self.data, 30)]) == (0, 20))
  }

  // MARK: Discard and write zeroes

  private func discard(
    _ extents: [(sector: UInt64, count: UInt32, flags: UInt32)], kind: UInt32 = 11, _ block: BlockFixture
  ) throws -> UInt8 {
    for (index, extent) in extents.enumerated() {
      let address = Self.data + 16 * UInt64(index)
      block.ram.store(extent.sector, at: address)
      block.ram.store(extent.count, at: address + 8)
      block.ram.store(extent.flags, at: address + 12)
    }
    return try block.request(kind, [.readable(Self.data, 16 * extents.count)]).status
  }

  @Test func rangesAreDiscardedAndZeroed() throws {
    let block = try BlockFixture(disk)
    try block.start()
    #expect(try discard([(0, 2, 0), (63, 1, 0)], block) == 0)
    #expect(try discard([(1, 2, 0)], kind: 13, block) == 0)
    #expect(try discard([(4, 60, 1)], kind: 13, block) == 0)
    let expected: [FakeDisk.Operation] = [
      .discard(0..<1024), .discard(32256..<32768), .zero(512..<1536, mayUnmap: false),
      .zero(2048..<32768, mayUnmap: true),
    ]
    #expect(disk.operations == expected)
  }

  @Test func unknownFlagsAreUnsupportedAndSoIsUnmapOfADiscard() throws {
    let block = try BlockFixture(disk)
    try block.start()
    #expect(try discard([(0, 1, 1)], block) == 2)
    #expect(try discard([(0, 1, 0), (0, 1, 2)], kind: 13, block) == 2)
    #expect(disk.operations.isEmpty)
  }

  @Test func oneBadRangeSparesAll() throws {
    let block = try BlockFixture(disk)
    try block.start()
    #expect(try discard([(0, 1, 0), (64, 1, 0)], block) == 1)
    #expect(try discard([(0, 1, 0), (0, 0, 0)], block) == 1)
    #expect(try discard([(0, 1, 0), (.max, .max, 0)], kind: 13, block) == 1)
    #expect(try discard((0..<17).map { _ in (0, 1, 0) }, block) == 1)
    #expect(try block.request(11, [.readable(Self.data, 17)]).status == 1)
    #expect(disk.operations.isEmpty)
  }

  // MARK: Order

  @Test func aBatchIsServedInItsOrderWithOneInterrupt() throws {
    let block = try BlockFixture(disk)
    block.driver.setUsedEvent(3)
    for slot in 0..<4 as Range<UInt64> {
      let header = block.writeHeader(slot == 2 ? 4 : 1, sector: slot, slot: slot)
      block.driver.add(
        [header] + (slot == 2 ? [] : [.readable(Self.data, 512)]) + [block.statusBuffer(slot: slot)])
    }
    try block.start()
    #expect(block.interrupts.used.wait(for: 1))
    #expect(disk.operations == [.write(0..<512), .write(512..<1024), .flush, .write(1536..<2048)])
    #expect(block.driver.takeUsed().count == 4)
    block.device.stop()
    #expect(block.interrupts.used.count == 1)
  }

  /// Whatever was answered before a flush that was answered is durable; nothing is flushed on its own.
  @Test func aFlushMakesAllAnsweredWritesDurable() throws {
    let block = try BlockFixture(disk)
    try block.start()
    block.ram.store([UInt8](repeating: 0x77, count: 512), at: Self.data)
    #expect(try block.request(1, sector: 9, [.readable(Self.data, 512)]).status == 0)
    #expect(disk.durable[9 * 512] == 9)
    #expect(try block.request(4).status == 0)
    #expect(disk.durable == disk.cached && disk.durable[9 * 512] == 0x77)
  }

  @Test func aDriverThatCannotFlushFindsEachAnsweredWriteDurable() throws {
    let block = try BlockFixture(disk, without: VirtioFeatures(bit: 9))
    try block.start()
    #expect(block.configuration(UInt8.self, at: 32) == 0)
    #expect(try block.request(1, sector: 1, [.readable(Self.data, 512)]).status == 0)
    #expect(try discard([(2, 1, 0)], kind: 13, block) == 0)
    #expect(disk.operations == [.write(512..<1024), .flush, .zero(1024..<1536, mayUnmap: false), .flush])
    block.device.stop()
    #expect(block.configuration(UInt8.self, at: 32) == 1, "the next driver may flush")
  }

  @Test func theDriverTurnsTheCacheOff() throws {
    let block = try BlockFixture(disk)
    try block.start()
    #expect(block.configuration(UInt8.self, at: 32) == 1)
    block.setWriteback(0)
    #expect(block.configuration(UInt8.self, at: 32) == 0)
    #expect(try block.request(1, [.readable(Self.data, 512)]).status == 0)
    #expect(disk.operations == [.write(0..<512), .flush])
    block.setWriteback(1)
    #expect(try block.request(1, [.readable(Self.data, 512)]).status == 0)
    #expect(disk.operations.count == 3)
  }

  @Test func aQueueThatCannotBeUsedIsAFault() throws {
    let block = try BlockFixture(disk)
    var setup = block.driver.setup
    setup.used = 1 << 40
    #expect(throws: VirtioFault.queueOutsideMemory(queue: 0, part: .used, address: 1 << 40)) {
      try block.device.start([setup], features: [], interrupts: block.interrupts)
    }
    try block.device.start([], features: [], interrupts: block.interrupts)
    block.device.stop()
  }
}
