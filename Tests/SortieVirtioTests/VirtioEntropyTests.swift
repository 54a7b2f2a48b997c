import DeviceFixtures
import SortieDevices
import SortieVirtio
import Testing

@Suite struct VirtioEntropyTests {
  private let driver = MockDriver(ram: TestRAM(lowBytes: 0x80000), size: 8)
  private let interrupts = RecordingInterrupts()
  private let device: VirtioEntropy

  init() throws {
    device = VirtioEntropy(name: "virtio-rng0", memory: driver.ram.ram, thread: try IOThread(name: "io"))
    try device.start([driver.setup], features: .version1, interrupts: interrupts)
  }

  @Test func theBuffersAreFilledAndNothingBeyond() {
    driver.add([.writable(0x8000, 100), .writable(0x9000, 33)])
    driver.add([.writable(0xa000, 64)])
    driver.kick()
    #expect(interrupts.used.wait(for: 1))
    device.stop()
    #expect(driver.takeUsed().map(\.written) == [133, 64])
    // Of 100 random bytes all but never fewer than 50 differ.
    #expect(Set(driver.ram.load(count: 100, at: 0x8000)).count > 50)
    #expect(driver.ram.load(count: 33, at: 0x9000).contains { $0 != 0 })
    #expect(driver.ram.load(count: 28, at: 0x8000 + 100).allSatisfy { $0 == 0 })
    #expect(driver.ram.load(count: 64, at: 0x8000) != driver.ram.load(count: 64, at: 0xa000))
  }

  @Test func aRequestIsBounded() {
    driver.add([.writable(0x10000, 0xffff), .writable(0x20000, 0x20000)])
    driver.kick()
    #expect(interrupts.used.wait(for: 1))
    #expect(driver.takeUsed().map(\.written) == [64 << 10])
    #expect(driver.ram.load(count: 0x100, at: 0x20001).allSatisfy { $0 == 0 })
  }

  @Test func aRequestWithoutRoomIsAFault() {
    driver.add([.readable(0x8000, 100)])
    driver.kick()
    #expect(interrupts.faults.wait(for: 1))
    #expect(interrupts.fault == .request(queue: 0, problem: "no room for random bytes"))
    device.stop()
  }
}
