import SortieDevices
import Testing

@Suite struct DebugExitTests {
  @Test(arguments: [(0, 1), (1, 3), (0x10, 0x21), (0x7f, 0xff), (0xff, 0x1ff)] as [(UInt8, UInt32)])
  func aWriteStopsTheRunWithQEMUsStatus(value: UInt8, status: UInt32) {
    let device = DebugExit()
    #expect(withUnsafeBytes(of: value) { device.write(offset: 0, from: $0) } == .stop(status: status))
  }
}
