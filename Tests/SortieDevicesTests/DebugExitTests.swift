import SortieDevices
import Testing

@Suite struct DebugExitTests {
  @Test(arguments: [(0, 1), (1, 3), (0x10, 0x21), (0x7f, 0xff), (0xff, 0x1ff)] as [(UInt8, UInt32)])
  func aWriteStopsTheRunWithQEMUsStatus(value: UInt8, status: UInt32) {
    #expect(DebugExit().write(0, [value]) == .stop(status: status))
  }

  @Test func widerValuesAreLittleEndian() {
    #expect(DebugExit().write(0, [0x34, 0x12]) == .stop(status: 0x2469))
    #expect(DebugExit().write(0, [0xff, 0xff, 0xff, 0xff]) == .stop(status: 0xffff_ffff))
    #expect(DebugExit().write(0, [1, 0, 0, 0, 1, 1, 1, 1]) == .stop(status: 3))
  }

  @Test func readsAreZero() {
    #expect(DebugExit().read(0, count: 4) == [0, 0, 0, 0])
  }
}
