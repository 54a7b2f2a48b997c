import SortieDevices
import Testing

/// A hostile guest at the platform's devices, while time goes by.
@Suite struct PlatformFuzzTests {
  private static let accesses = 20_000

  /// From nanoseconds to hours, and now and then a host that is late.
  private func pass(_ time: ManualTime, _ random: inout RandomSource) {
    let bits = UInt64.random(in: 0..<44, using: &random)
    let span = UInt64.random(in: 0..<1 << bits, using: &random)
    // Long ways are skipped: there the devices may ask to be called as often as they like.
    if span < 1 << 21 { time.advance(by: span) } else { time.skip(span) }
    time.advance(by: 0)
  }

  @Test func theSCIIsAFunctionOfTheRegisters() {
    var random = RandomSource(seed: 11)
    let (time, sci) = (ManualTime(), RecordingLine())
    let device = PowerManagement(sci: sci, timers: time)
    var poweredOff = 0
    for step in 0..<Self.accesses {
      if step % 16 == 0 { device.pressPowerButton() }
      if step % 5 == 0 { pass(time, &random) }
      switch HostileGuest.access(device, &random, registers: 0..<13) {
      case .none: break
      case .powerOff: poweredOff += 1
      case let other: Issue.record("\(other)")
      }
      let registers = device.read(0, count: 4)
      #expect(sci.level == (registers[0] & registers[2] != 0 || registers[1] & registers[3] != 0))
    }
    #expect(sci.alternates && sci.risingEdges > 100)
    #expect(poweredOff > 100)
  }

  @Test func theClocksLineIsAFunctionOfRegisterC() {
    var random = RandomSource(seed: 12)
    let rtc = ClockFixture()
    for step in 0..<Self.accesses {
      if step % 5 == 0 { pass(rtc.time, &random) }
      if step % 7 == 0 { rtc.a = 0x20 | .random(in: 0...15, using: &random) }
      #expect(HostileGuest.access(rtc.clock, &random, registers: 0..<3) == .none)
      if step % 3 == 0 {
        let level = rtc.line.level
        #expect(level == (rtc.c & 0x80 != 0) && !rtc.line.level, "step \(step)")
      }
    }
    #expect(rtc.line.alternates && rtc.line.risingEdges > 100)
  }

  @Test func theKeyboardControllersLineNeedsAByte() {
    var random = RandomSource(seed: 13)
    let line = RecordingLine()
    let device = KeyboardController(line: line)
    var resets = 0
    for _ in 0..<Self.accesses {
      switch HostileGuest.access(device, &random, registers: 0..<5) {
      case .none: break
      case .reset: resets += 1
      case let other: Issue.record("\(other)")
      }
      #expect(!line.level || device.read(4, count: 1)[0] & 1 != 0)
    }
    #expect(line.alternates && line.risingEdges > 100)
    #expect(resets > 100)
  }

  @Test func theTimerNeverFloodsTheHostAndItsLineIsDownAfterEveryAccess() {
    var random = RandomSource(seed: 14)
    let (time, line) = (ManualTime(), RecordingLine())
    let device = PIT(line: line, timers: time)
    for step in 0..<Self.accesses {
      #expect(HostileGuest.access(device, &random, registers: 0..<5) == .none)
      if step % 5 == 0 { pass(time, &random) }
      if step % 50 == 0 { #expect(time.advance(by: 10_000_000) <= 101) }
      #expect(!line.level)
      if step % 9 == 0 { _ = device.write(PIT.portBOffset, HostileGuest.bytes(&random)) }
    }
    #expect(line.alternates && line.risingEdges > 100)
  }

  /// A model of the guest's side: what was sent and not ended must be in service exactly once.
  @Test func aLevelIsNeverSentTwiceWithoutAnEndBetween() throws {
    var random = RandomSource(seed: 15)
    let sink = RecordingSink()
    let ioapic = IOAPIC(sink: sink)
    let lines = try (0..<48).map { try #require(ioapic.line(pin: $0 % 24)) }
    // Each pin has a vector of its own, all are level triggered.
    for pin in 0..<24 as Range<UInt8> {
      ioapic.write(0x00, [0x10 + 2 * pin])
      ioapic.write(0x10, [0x30 + pin, 0x80, 0, 0])
    }
    var asserted = [Bool](repeating: false, count: 48)
    var inService = Set<UInt8>()
    var seen = 0
    for _ in 0..<Self.accesses {
      if Bool.random(using: &random) {
        let index = Int.random(in: 0..<48, using: &random)
        asserted[index].toggle()
        lines[index].set(level: asserted[index])
      } else {
        let vector = UInt8.random(in: 0x30..<0x48, using: &random)
        inService.remove(vector)
        ioapic.endOfInterrupt(vector: vector)
      }
      for message in sink.messages(from: seen) {
        #expect(inService.insert(UInt8(truncatingIfNeeded: message.data)).inserted)
        seen += 1
      }
      for pin in 0..<24 where asserted[pin] || asserted[pin + 24] {
        #expect(inService.contains(0x30 + UInt8(pin)), "nothing that is asserted waits")
      }
    }
    #expect(seen > 1_000)
  }

  @Test func theIOAPICSurvives() {
    var random = RandomSource(seed: 16)
    let ioapic = IOAPIC(sink: RecordingSink())
    let lines = (0..<24).compactMap { ioapic.line(pin: $0) }
    for step in 0..<Self.accesses {
      let registers: Range<UInt64> = step % 2 == 0 ? 0..<1 : 0x10..<0x11
      #expect(HostileGuest.access(ioapic, &random, registers: registers) == .none)
      lines.randomElement(using: &random)?.set(level: .random(using: &random))
      ioapic.endOfInterrupt(vector: .random(in: 0...255, using: &random))
    }
  }
}
