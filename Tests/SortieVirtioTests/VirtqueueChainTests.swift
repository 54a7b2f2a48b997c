import DeviceFixtures
import Glibc
import SortieDevices
import SortieVirtio
import Testing

@Suite struct VirtqueueChainTests {
  private let ram = TestRAM(lowBytes: 0x10000, highBytes: 0x10000)
  private let driver: MockDriver

  init() { driver = MockDriver(ram: ram, size: 8) }

  private func popFault(features: VirtioFeatures = .indirectDescriptors, capacity: UInt16 = 16)
    -> VirtioFault?
  {
    do throws(VirtioFault) {
      let queue = try driver.queue(features: features)
      var chain = DescriptorChain(capacity: capacity)
      _ = try queue.pop(into: &chain)
      return nil
    } catch {
      return error
    }
  }

  @Test func aChainsBuffersComeInOrderAsTheHostSeesThem() throws {
    let queue = try driver.queue()
    var chain = DescriptorChain(capacity: 8)
    #expect(try !queue.pop(into: &chain))
    let head = driver.add([.readable(0x8000, 16), .readable(0x1_0000_0100, 3), .writable(0x9000, 5)])
    #expect(try queue.pop(into: &chain))
    #expect(chain.id == head)
    #expect(chain.readableSegments.map(\.iov_base) == [ram.ram.base + 0x8000, ram.ram.base + 0x10100])
    #expect(chain.readableSegments.map(\.iov_len) == [16, 3])
    #expect(chain.writableSegments.map(\.iov_base) == [ram.ram.base + 0x9000])
    #expect(chain.readableByteCount == 19)
    #expect(chain.writableByteCount == 5)
    queue.push(chain.id, written: 5)
    #expect(driver.takeUsed() == [MockDriver.Used(id: UInt32(head), written: 5)])
    #expect(try !queue.pop(into: &chain))
    #expect(chain.readableSegments.isEmpty && chain.writableSegments.isEmpty)
  }

  @Test func anIndirectTableMayFollowDescriptorsOfTheQueue() throws {
    let queue = try driver.queue(features: .indirectDescriptors)
    driver.writeTable([.readable(0x8100, 2), .writable(0x8200, 3)], at: 0x7001)
    driver.setDescriptor(5, address: 0x8000, count: 1, flags: MockDriver.next, next: 2)
    // The device ignores the write flag of the descriptor that refers to a table (section 2.7.5.3.2).
    driver.setDescriptor(2, address: 0x7001, count: 32, flags: MockDriver.indirect | MockDriver.write)
    driver.makeAvailable(5)
    var chain = DescriptorChain(capacity: 8)
    #expect(try queue.pop(into: &chain))
    #expect(chain.id == 5)
    #expect(chain.readableSegments.map(\.iov_len) == [1, 2])
    #expect(chain.writableSegments.map(\.iov_len) == [3])
  }

  @Test func anIndirectTableMayBeLongerThanTheQueue() throws {
    let queue = try driver.queue(features: .indirectDescriptors)
    driver.addIndirect((0..<16).map { .readable(0x8000 + $0, 1) }, table: 0x7000)
    var chain = DescriptorChain(capacity: 16)
    #expect(try queue.pop(into: &chain))
    #expect(chain.readableSegments.count == 16)
  }

  // MARK: Faults

  @Test func aLoopIsFound() {
    driver.setDescriptor(0, address: 0x8000, count: 1, flags: MockDriver.next, next: 1)
    driver.setDescriptor(1, address: 0x8000, count: 1, flags: MockDriver.next, next: 0)
    driver.makeAvailable(0)
    #expect(popFault() == .descriptorLoop(queue: 0, head: 0))
  }

  @Test func aLoopInAnIndirectTableIsFound() {
    driver.write(at: 0x7000, address: 0x8000, count: 1, flags: MockDriver.next, next: 0)
    driver.setDescriptor(3, address: 0x7000, count: 16, flags: MockDriver.indirect)
    driver.makeAvailable(3)
    #expect(popFault() == .descriptorLoop(queue: 0, head: 3))
  }

  @Test func anIndexBeyondItsTableIsRefused() {
    driver.makeAvailable(8)
    #expect(popFault() == .descriptorIndex(queue: 0, index: 8, size: 8))
    driver.setAvailableIndex(0)
    driver.setDescriptor(0, address: 0x8000, count: 1, flags: MockDriver.next, next: 0xffff)
    driver.makeAvailable(0)
    #expect(popFault() == .descriptorIndex(queue: 0, index: 0xffff, size: 8))
    driver.setAvailableIndex(0)
    driver.write(at: 0x7000, address: 0x8000, count: 1, flags: MockDriver.next, next: 2)
    driver.setDescriptor(0, address: 0x7000, count: 32, flags: MockDriver.indirect)
    driver.makeAvailable(0)
    #expect(popFault() == .descriptorIndex(queue: 0, index: 2, size: 2))
  }

  @Test(arguments: [0, 8, 24, 17 * 16, 0xffff_fff0] as [UInt32])
  func anIndirectTableOfAnAbsurdLengthIsRefused(count: UInt32) {
    driver.setDescriptor(0, address: 0x7000, count: count, flags: MockDriver.indirect)
    driver.makeAvailable(0)
    #expect(popFault() == .indirectTable(queue: 0, count: UInt64(count)))
  }

  @Test func anIndirectTableInsideAnotherIsRefused() {
    driver.write(at: 0x7000, address: 0x7000, count: 16, flags: MockDriver.indirect, next: 0)
    driver.setDescriptor(0, address: 0x7000, count: 16, flags: MockDriver.indirect)
    driver.makeAvailable(0)
    #expect(popFault() == .indirectTable(queue: 0, count: 16))
  }

  @Test func anIndirectTableThatIsNotTheLastOrNotNegotiatedIsRefused() {
    driver.addIndirect([.readable(0x8000, 1)], table: 0x7000)
    #expect(popFault() == nil)
    #expect(popFault(features: []) == .indirectTable(queue: 0, count: 16))
    driver.setDescriptor(0, address: 0x7000, count: 16, flags: MockDriver.indirect | MockDriver.next)
    #expect(popFault() == .indirectTable(queue: 0, count: 16))
  }

  @Test func anIndirectTableOutsideRAMIsRefused() {
    driver.addIndirect([.readable(0x8000, 1)], table: 0x7000)
    driver.setDescriptor(0, address: 0xfff8, count: 16, flags: MockDriver.indirect)
    #expect(popFault() == .bufferOutsideMemory(queue: 0, address: 0xfff8, count: 16))
  }

  @Test func aTableBehindDescriptorsThatTogetherAreTooLongIsRefused() {
    driver.writeTable((0..<4).map { .readable(0x8000 + $0, 1) }, at: 0x7000)
    driver.setDescriptor(0, address: 0x8000, count: 1, flags: MockDriver.next, next: 1)
    driver.setDescriptor(1, address: 0x7000, count: 64, flags: MockDriver.indirect)
    driver.makeAvailable(0)
    #expect(popFault(capacity: 5) == nil)
    #expect(popFault(capacity: 4) == .descriptorLoop(queue: 0, head: 0))
  }

  @Test func readableAfterWritableIsRefused() {
    let head = driver.add([.writable(0x8000, 1), .readable(0x9000, 1)])
    #expect(popFault() == .readableAfterWritable(queue: 0, head: head))
  }

  @Test func anEmptyBufferIsRefused() {
    driver.add([.readable(0x8000, 1), .readable(0x9000, 0)])
    #expect(popFault() == .emptyBuffer(queue: 0, address: 0x9000))
  }

  @Test(
    arguments: [(0x10000, 1), (0xffff, 2), (0xffff_ffff, 2), (.max, 1), (.max - 1, 0xffff_ffff)]
      as [(UInt64, UInt32)])
  func aBufferOutsideRAMIsRefused(address: UInt64, count: UInt32) {
    driver.add([MockDriver.Buffer(address: address, count: count)])
    #expect(popFault() == .bufferOutsideMemory(queue: 0, address: address, count: UInt64(count)))
  }

  @Test func anAvailableIndexThatRunsAheadIsRefused() {
    driver.setAvailableIndex(9)
    #expect(popFault() == .availableIndex(queue: 0, index: 9, last: 0))
  }

  @Test func chainsInWorkCountAgainstTheAvailableIndex() throws {
    let queue = try driver.queue()
    var chain = DescriptorChain(capacity: 8)
    for _ in 0..<8 { driver.add([.readable(0x8000, 1)]) }
    for _ in 0..<8 { #expect(try queue.pop(into: &chain)) }
    driver.setAvailableIndex(9)
    #expect(throws: VirtioFault.availableIndex(queue: 0, index: 9, last: 8)) { try queue.pop(into: &chain) }
    queue.push(0, written: 0)
    #expect(try queue.pop(into: &chain))
  }

  @Test func anAvailableIndexThatGoesBackIsRefused() throws {
    let queue = try driver.queue()
    var chain = DescriptorChain(capacity: 8)
    driver.add([.readable(0x8000, 1)])
    #expect(try queue.pop(into: &chain))
    driver.setAvailableIndex(0)
    #expect(throws: VirtioFault.availableIndex(queue: 0, index: 0, last: 1)) { try queue.pop(into: &chain) }
  }

  // MARK: Taking a chain apart

  @Test func headersAreTakenOffWhereverTheirBytesLie() throws {
    let queue = try driver.queue()
    ram.store([1, 2, 3, 4, 5, 6], at: 0x8000)
    driver.add([.readable(0x8000, 1), .readable(0x8001, 4), .readable(0x8005, 1), .writable(0x9000, 2)])
    var chain = DescriptorChain(capacity: 8)
    #expect(try queue.pop(into: &chain))
    var header: (UInt8, UInt8, UInt8) = (0, 0, 0)
    let taken = withUnsafeMutableBytes(of: &header) { chain.read(into: $0) }
    #expect(taken == 3)
    #expect(header == (1, 2, 3))
    #expect(chain.readableByteCount == 3)
    #expect(chain.readableSegments.map(\.iov_len) == [2, 1])
    var rest = [UInt8](repeating: 0, count: 9)
    let restTaken = rest.withUnsafeMutableBytes { chain.read(into: $0) }
    #expect(restTaken == 3)
    #expect(rest.prefix(4) == [4, 5, 6, 0])
    #expect(chain.readableSegments.isEmpty)
  }

  @Test func theLastWritableByteIsTakenOffWhereverItLies() throws {
    let queue = try driver.queue()
    driver.add([.writable(0x9000, 2), .writable(0x9100, 1)])
    var chain = DescriptorChain(capacity: 8)
    #expect(try queue.pop(into: &chain))
    let status = chain.removeLastWritable()
    #expect(status.map(UnsafeMutableRawPointer.init) == ram.ram.base + 0x9100)
    #expect(chain.writableSegments.map(\.iov_len) == [2])
    let written = ([7, 8, 9] as [UInt8]).withUnsafeBytes { chain.write($0) }
    #expect(written == 2)
    #expect(ram.load(count: 3, at: 0x9000) == [7, 8, 0])
    #expect(chain.writableByteCount == 0)
    let none = chain.removeLastWritable()
    #expect(none == nil)
  }
}
