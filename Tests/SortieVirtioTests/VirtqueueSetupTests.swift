import DeviceFixtures
import SortieVirtio
import Testing

@Suite struct VirtqueueSetupTests {
  private let ram = TestRAM(lowBytes: 0x10000, highBytes: 0x10000)

  private func fault(maximumSize: UInt16 = 256, _ change: (inout VirtioQueueSetup) -> Void) -> VirtioFault? {
    var setup = MockDriver(ram: ram, size: 8).setup
    change(&setup)
    do throws(VirtioFault) {
      _ = try Virtqueue(setup, maximumSize: maximumSize, features: [], memory: ram.ram)
      return nil
    } catch {
      return error
    }
  }

  @Test func aQueueInRAMIsTaken() {
    #expect(fault { _ in } == nil)
    #expect(
      fault {
        $0.descriptors += 1 << 32
        $0.available += 1 << 32
        $0.used += 1 << 32
      } == nil)
  }

  @Test(arguments: [0, 3, 12, 512, 32768] as [UInt16])
  func aSizeThatIsNoPowerOfTwoOrAboveTheLimitIsRefused(size: UInt16) {
    #expect(fault { $0.size = size } == .queueSize(queue: 0, size: UInt32(size)))
  }

  @Test func misalignedPartsAreRefused() {
    #expect(fault { $0.descriptors = 0x1008 } == .misaligned(queue: 0, part: .descriptors, address: 0x1008))
    #expect(fault { $0.available = 0x1001 } == .misaligned(queue: 0, part: .available, address: 0x1001))
    #expect(fault { $0.used = 0x1002 } == .misaligned(queue: 0, part: .used, address: 0x1002))
  }

  @Test(arguments: [0x10000, 0xfff0, 0xffff_fff0, 0x1_0001_0000, UInt64.max & ~15])
  func partsOutsideRAMAreRefused(address: UInt64) {
    #expect(
      fault { $0.descriptors = address }
        == .queueOutsideMemory(queue: 0, part: .descriptors, address: address))
    #expect(
      fault { $0.available = address } == .queueOutsideMemory(queue: 0, part: .available, address: address))
    #expect(fault { $0.used = address } == .queueOutsideMemory(queue: 0, part: .used, address: address))
  }

  @Test func theEventFieldsBehindTheRingsBelongToThem() {
    // 8 entries: 4 + 16 + 2 bytes available, 4 + 64 + 2 used.
    #expect(fault { $0.available = 0x10000 - 22 } == nil)
    #expect(fault { $0.available = 0x10000 - 20 } != nil)
    #expect(fault { $0.used = 0x10000 - 72 } == nil)
    #expect(fault { $0.used = 0x10000 - 68 } != nil)
  }
}
