import SortieDevices
import Testing

/// ICH9 data sheet, section 13.7.5.
@Suite struct ResetControlTests {
  @Test(arguments: [0x04, 0x06, 0x0e, 0xff] as [UInt8])
  func settingBit2Resets(value: UInt8) {
    var register = ResetControl()
    #expect(register.write(value) == .reset)
  }

  @Test(arguments: (0...255 as ClosedRange<UInt8>).filter { $0 & 4 == 0 })
  func nothingElseResets(value: UInt8) {
    var register = ResetControl()
    #expect(register.write(value) == .none)
    #expect(register.value == value & 0x0a)
  }

  /// As Linux does: first the kind of reset alone, then the kind with bit 2.
  @Test func theKindMayBeWrittenBeforehand() {
    var register = ResetControl()
    #expect(register.write(0x02) == .none)
    #expect(register.value == 0x02)
    #expect(register.write(0x06) == .reset)
  }

  @Test func onlyTheRisingBitResets() {
    var register = ResetControl()
    #expect(register.write(0x06) == .reset)
    #expect(register.write(0x06) == .none)
    #expect(register.write(0x00) == .none)
    #expect(register.write(0x04) == .reset)
  }
}
