import DeviceFixtures
import Glibc
import SortieDevices
import SortieVirtio
import Testing

@Suite struct VirtioBalloonTests {
  private static let list: UInt64 = 0x8000
  private let ram = TestRAM(lowBytes: 0x40000, highBytes: 0x10000)
  private let inflate: MockDriver
  private let deflate: MockDriver
  private let interrupts = RecordingInterrupts()
  private let device: VirtioBalloon

  init() throws {
    inflate = MockDriver(ram: ram, size: 8, index: 0, address: 0x1000)
    deflate = MockDriver(ram: ram, size: 8, index: 1, address: 0x2000)
    device = VirtioBalloon(name: "virtio-balloon0", memory: ram.ram, thread: try IOThread(name: "io"))
    try device.start([inflate.setup, deflate.setup], features: .version1, interrupts: interrupts)
  }

  /// Hands a list of pages to a queue.
  private func give(_ pages: [UInt32], to driver: MockDriver) {
    for (index, page) in pages.enumerated() { ram.store(page, at: Self.list + 4 * UInt64(index)) }
    driver.add([.readable(Self.list, 4 * pages.count)])
    driver.kick()
  }

  /// Pages of the mapping that are in the host's memory (mincore(2)).
  private func isResident(_ address: UInt64) -> Bool {
    var resident: UInt8 = 0
    let page = ram.ram.bytes(at: address, count: 4096)?.baseAddress
    return mincore(page, 4096, &resident) == 0 && resident & 1 == 1
  }

  /// In the order in which Linux names them, and singly.
  @Test(arguments: [[0x10, 0x11, 0x12], [0x12, 0x11, 0x10], [0x11, 0x11, 0x10, 0x12], [0x12, 0x10, 0x11]])
  func pagesInTheBalloonTakeNoMemory(pages: [UInt32]) {
    for page in 0x0f...0x13 as ClosedRange<UInt64> { ram.store(UInt8(1), at: page << 12) }
    #expect(isResident(0x10000))
    give(pages, to: inflate)
    #expect(interrupts.used.wait(for: 1))
    #expect(inflate.takeUsed().map(\.written) == [0])
    for page in [0x10, 0x11, 0x12] as [UInt64] { #expect(!isResident(page << 12)) }
    for page in [0x10, 0x11, 0x12] as [UInt64] { #expect(ram.load(UInt8.self, at: page << 12) == 0) }
    #expect(ram.load(UInt8.self, at: 0xf000) == 1 && ram.load(UInt8.self, at: 0x13000) == 1)
    device.stop()
  }

  @Test func highMemoryIsGivenUpToo() {
    ram.store(UInt8(1), at: 0x1_0000_f000)
    give([0x10_000f], to: inflate)
    #expect(interrupts.used.wait(for: 1))
    #expect(!isResident(0x1_0000_f000))
    device.stop()
  }

  @Test func takingPagesBackTouchesNothing() {
    ram.store(UInt8(1), at: 0x10000)
    give([0x10, 0xffff_ffff], to: deflate)
    #expect(interrupts.used.wait(for: 1))
    #expect(deflate.takeUsed().count == 1)
    #expect(ram.load(UInt8.self, at: 0x10000) == 1)
    device.stop()
  }

  @Test(arguments: [0x40, 0xf_ffff, 0x10_0010, 0xffff_ffff] as [UInt32])
  func aPageThatIsNotRAMIsAFault(page: UInt32) {
    give([0x10, page], to: inflate)
    #expect(interrupts.faults.wait(for: 1))
    #expect(interrupts.fault == .request(queue: 0, problem: "page \(page) to give up is not RAM"))
    device.stop()
  }

  @Test(arguments: [3, 4 * 81])
  func whatIsNoListOfPagesIsAFault(count: Int) {
    inflate.add([.readable(0x20000, count)])
    inflate.kick()
    #expect(interrupts.faults.wait(for: 1))
    #expect(
      interrupts.fault == .request(queue: 0, problem: "\(count) bytes are no list of pages to give up"))
    device.stop()
  }

  @Test func theHostSetsATargetAndSeesWhatTheGuestDid() {
    #expect(configuration == [0, 0, 0, 0, 0, 0, 0, 0, 0xff])
    device.setTarget(pages: 0x20)
    #expect(interrupts.changes.count == 1)
    #expect(configuration.prefix(5) == [0x20, 0, 0, 0, 0])
    device.setTarget(pages: .max)
    #expect(configuration.prefix(5) == [0x50, 0, 0, 0, 0], "all of it")
    write(UInt32(0x1234), at: 4)
    write(UInt32(1), at: 0)
    write(UInt16(1), at: 4)
    #expect(device.actualPages == 0x1234)
    #expect(configuration == [0x50, 0, 0, 0, 0x34, 0x12, 0, 0, 0xff])
    device.stop()
    #expect(device.actualPages == 0)
    device.setTarget(pages: 1)
    #expect(interrupts.changes.count == 2, "nobody to tell after the stop")
  }

  private var configuration: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 9)
    bytes.withUnsafeMutableBytes { device.readConfiguration(offset: 0, into: $0) }
    return bytes
  }

  private func write<T: BitwiseCopyable>(_ value: T, at offset: Int) {
    withUnsafeBytes(of: value) { device.writeConfiguration(offset: offset, from: $0) }
  }
}
