import SortieDevices
import Testing

@Suite struct StringPortTests {
  @Test func thePatternGoesOnFromAccessToAccess() {
    let port = StringPort(name: "string")
    #expect(port.read(0, count: 3) == [0, 1, 2])
    #expect(port.readString(3, elementSize: 2, count: 4) == [3, 4, 5, 6])
    _ = port.readString(0, elementSize: 1, count: 248)
    #expect(port.read(0, count: 2) == [255, 0])
    #expect(port.bytesFed == 257)
  }

  @Test func whatIsWrittenIsCountedAndForgotten() {
    let port = StringPort(name: "string")
    #expect(port.write(0, [1, 2, 3, 4]) == .none)
    #expect(port.writeString(0, elementSize: 4, [UInt8](repeating: 9, count: 64)) == .none)
    #expect(port.bytesSwallowed == 68)
    #expect(port.bytesFed == 0)
  }
}
