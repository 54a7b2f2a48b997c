import DeviceFixtures
import SortieDevices
import Testing

/// Causes, mask, throttle and the pin (Intel 317453-006, sections 13.4.17 to 13.4.21).
@Suite struct E1000InterruptTests {
  typealias Card = E1000Fixture
  private let card: E1000Fixture

  init() throws { card = try E1000Fixture() }

  @Test func readingTheCausesClearsThem() {
    card[Card.ics] = 0x91
    #expect(card[Card.icr] == 0x91)
    #expect(card[Card.icr] == 0)
  }

  @Test func writingOnesClearsCauses() {
    card[Card.ics] = 0x91
    card[Card.icr] = 0x11
    #expect(card[Card.icr] == 0x80)
  }

  @Test func onlyUnmaskedCausesDriveThePin() {
    card[Card.ics] = 0x80
    #expect(card.takePin() == [])
    card[Card.ims] = 0x84
    #expect(card[Card.ims] == 0x84)
    #expect(card.takePin() == [true], "the cause was there before")
    card[Card.ics] = 0x04
    #expect(card.takePin() == [])
    card[Card.imc] = 0x80
    #expect(card[Card.ims] == 0x04)
    #expect(card.takePin() == [])
    card[Card.imc] = 0xffff_ffff
    #expect(card.takePin() == [false])
    card[Card.ims] = 0x04
    #expect(card.takePin() == [true])
    #expect(card[Card.icr] == 0x84)
    #expect(card.takePin() == [false])
  }

  @Test func reservedCausesDoNothing() {
    card[Card.ims] = 0xfffe_0000
    card[Card.ics] = 0xfffe_0000
    #expect(card[Card.ims] == 0 && card[Card.icr] == 0)
  }

  @Test func resetLowersThePin() {
    card[Card.ims] = 1
    card[Card.ics] = 1
    card[Card.ctrl] = Card.reset
    #expect(card.takePin() == [true, false])
  }

  @Test func theThrottleKeepsItsDistance() {
    // 128 µs.
    card[Card.itr] = 500
    card[Card.ims] = 1
    card[Card.ics] = 1
    #expect(card.takePin() == [true], "the first at once")
    _ = card[Card.icr]
    card[Card.ics] = 1
    #expect(card.takePin() == [false])
    card.time.advance(by: 127_999)
    #expect(card.takePin() == [])
    #expect(card.time.advance(by: 1) == 1)
    #expect(card.takePin() == [true])
    _ = card[Card.icr]
    card.time.advance(by: 128_000)
    card[Card.ics] = 1
    #expect(card.takePin() == [false, true], "long ago")
  }

  @Test func causesThatAreReadMeanwhileInterruptNoMore() {
    card[Card.itr] = 500
    card[Card.ims] = 1
    card[Card.ics] = 1
    _ = card[Card.icr]
    card[Card.ics] = 1
    #expect(card.time.deadline != nil)
    #expect(card[Card.icr] == 1)
    #expect(card.time.deadline == nil)
    card.time.advance(by: 1_000_000)
    #expect(card.takePin() == [true, false])
  }

  @Test func anotherIntervalCountsAtOnce() {
    card[Card.itr] = 0xffff
    card[Card.ims] = 1
    card[Card.ics] = 1
    _ = card[Card.icr]
    card[Card.ics] = 1
    card[Card.itr] = 500
    card.time.advance(by: 128_000)
    #expect(card.takePin() == [true, false, true])
    _ = card[Card.icr]
    card[Card.ics] = 1
    card[Card.itr] = 0
    #expect(card.takePin() == [false, true])
    #expect(card.time.deadline == nil)
  }

  @Test func mdicInterruptsWhenAskedTo() {
    card[Card.mdic] = 2 << 26 | 1 << 21 | 2 << 16
    #expect(card[Card.icr] == 0)
    card[Card.mdic] = 1 << 29 | 2 << 26 | 1 << 21 | 2 << 16
    #expect(card[Card.icr] == 1 << 9)
  }
}
