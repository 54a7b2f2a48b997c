import SortieDevices
import Testing

@Suite struct EdgeRegisterTests {
  @Test(
    arguments: [(0, [1]), (3, [0, 0, 0, 0]), (.max, []), (17, [1, 2, 3, 4, 5, 6, 7, 8])]
      as [(UInt64, [UInt8])])
  func everyWriteIsOneWholeEdgeWhateverItSays(offset: UInt64, bytes: [UInt8]) {
    let line = RecordingLine()
    let register = EdgeRegister(name: "edge", line: line)
    #expect(register.write(offset, bytes) == .none)
    #expect(line.levels == [true, false])
    #expect(register.write(offset, bytes) == .none)
    #expect(line.levels == [true, false, true, false])
  }

  @Test func everyElementOfAStringIsAnEdge() {
    let line = RecordingLine()
    let register = EdgeRegister(name: "edge", line: line)
    #expect(register.writeString(0, elementSize: 2, [UInt8](repeating: 1, count: 10)) == .none)
    #expect(line.risingEdges == 5 && line.alternates && !line.level)
  }

  @Test func readsAreAllOnesAndMakeNoEdge() {
    let line = RecordingLine()
    #expect(EdgeRegister(name: "edge", line: line).read(1, count: 3) == [0xff, 0xff, 0xff])
    #expect(line.levels.isEmpty)
  }
}
