import SortieDevices
import Testing

@Suite struct LatchRegisterTests {
  @Test(arguments: 1...8)
  func readsReturnWhatWasWritten(count: Int) {
    let latch = LatchRegister(name: "latch", byteCount: 64)
    let bytes = (1...count).map { UInt8($0 * 17) }
    for offset in 0...UInt64(64 - count) {
      #expect(latch.write(offset, bytes) == .none)
      #expect(latch.read(offset, count: count) == bytes)
    }
  }

  @Test func bytesAreLatchedOneByOne() {
    let latch = LatchRegister(name: "latch", byteCount: 8)
    #expect(latch.read(0, count: 8) == [0, 0, 0, 0, 0, 0, 0, 0])
    latch.write(0, [1, 2, 3, 4, 5, 6, 7, 8])
    latch.write(2, [0xaa, 0xbb])
    #expect(latch.read(0, count: 8) == [1, 2, 0xaa, 0xbb, 5, 6, 7, 8])
  }

  @Test func whatLiesBeyondReadsAllOnes() {
    let latch = LatchRegister(name: "latch", byteCount: 4)
    latch.write(2, [1, 2, 3, 4])
    #expect(latch.read(2, count: 4) == [1, 2, 0xff, 0xff])
    latch.write(.max, [1, 2])
    #expect(latch.read(.max, count: 2) == [0xff, 0xff])
    #expect(LatchRegister(name: "none", byteCount: -1).read(0, count: 1) == [0xff])
  }

  @Test func theLastElementOfAStringStays() {
    let latch = LatchRegister(name: "latch", byteCount: 4)
    latch.writeString(1, elementSize: 2, [1, 2, 3, 4, 5, 6])
    #expect(latch.readString(1, elementSize: 2, count: 6) == [5, 6, 5, 6, 5, 6])
    #expect(latch.read(0, count: 4) == [0, 5, 6, 0])
  }
}
