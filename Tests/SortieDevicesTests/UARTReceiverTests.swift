import SortieDevices
import Testing

/// PC16550D data sheet, sections 8.4, 8.5 and 8.11: what the receiver does.
@Suite struct UARTReceiverTests {
  let serial = SerialFixture()

  @Test func dataReadyFollowsTheReceiverBuffer() {
    #expect(serial.lsr == 0x60)
    serial.receive([0x41])
    #expect(serial.lsr == 0x61)
    #expect(serial.data == 0x41)
    #expect(serial.lsr == 0x60)
  }

  @Test(arguments: [(0x01, 1), (0x41, 4), (0x81, 8), (0xc1, 14)] as [(UInt8, Int)])
  func theTriggerLevelTellsDataAvailableFromTimeout(fcr: UInt8, trigger: Int) {
    serial.fcr(fcr)
    serial.ier = 0x01
    for count in 1...16 {
      serial.receive([UInt8(count)])
      #expect(serial.iir == (count >= trigger ? 0xc4 : 0xcc), "\(count) characters")
    }
    for count in stride(from: 15, through: 1, by: -1) {
      _ = serial.data
      #expect(serial.iir == (count >= trigger ? 0xc4 : 0xcc), "\(count) characters")
    }
    _ = serial.data
    #expect(serial.iir == 0xc1)
  }

  @Test func withoutFIFOsOneCharacterIsAvailable() {
    serial.ier = 0x01
    serial.receive([1, 2])
    #expect(serial.iir == 0x04)
    #expect(serial.data == 1)
    #expect(serial.iir == 0x04)
    #expect(serial.data == 2)
    #expect(serial.iir == 0x01)
  }

  @Test func hostInputWaitsInsteadOfOverrunning() {
    serial.fcr(0x01)
    let sent = (0..<300).map { UInt8(truncatingIfNeeded: $0) }
    #expect(serial.receive(sent) == 300)
    var read: [UInt8] = []
    while serial.lsr == 0x61 { read.append(serial.data) }
    #expect(read == sent)
    #expect(serial.lsr == 0x60)
  }

  @Test func aFullInputQueueRefusesAndSaysWhenHalfIsFree() {
    serial.fcr(0x01)
    let capacity = UART16550.inputQueueCapacity
    #expect(serial.receive([UInt8](repeating: 7, count: 16)) == 16)
    #expect(serial.receive([UInt8](repeating: 8, count: capacity + 5)) == capacity)
    #expect(serial.receive([9]) == 0)
    for _ in 0..<capacity / 2 - 1 { _ = serial.data }
    #expect(serial.backend.readyCalls == 0)
    _ = serial.data
    #expect(serial.backend.readyCalls == 1)
    while serial.lsr & 1 != 0 { _ = serial.data }
    #expect(serial.backend.readyCalls == 1)
  }

  @Test func overrunOfTheFIFOKeepsWhatItHoldsAndIsShownAtOnce() {
    serial.fcr(0x01)
    serial.mcr = 0x10
    serial.ier = 0x04
    for byte in UInt8(1)...16 { serial.data = byte }
    #expect(serial.iir == 0xc1)
    serial.data = 17
    #expect(serial.iir == 0xc6)
    #expect(serial.lsr == 0x63)
    #expect(serial.lsr == 0x61)
    #expect(serial.iir == 0xc1)
    #expect((0..<16).map { _ in serial.data } == Array(1...16))
    #expect(serial.lsr == 0x60)
  }

  @Test func overrunWithoutFIFOsDestroysTheOldCharacter() {
    serial.mcr = 0x10
    serial.data = 1
    serial.data = 2
    #expect(serial.lsr == 0x63)
    #expect(serial.data == 2)
    #expect(serial.lsr == 0x60)
  }

  @Test func aBreakIsAZeroCharacterShownWhenItIsNext() {
    serial.fcr(0x01)
    serial.ier = 0x04
    serial.receive([0x41])
    #expect(serial.uart.receiveBreak())
    // Bit 7: an error stands somewhere in the FIFO, though not yet at its top.
    #expect(serial.lsr == 0xe1)
    #expect(serial.iir == 0xc1)
    #expect(serial.data == 0x41)
    #expect(serial.iir == 0xc6)
    #expect(serial.lsr == 0xf1)
    #expect(serial.lsr == 0x61)
    #expect(serial.data == 0)
    #expect(serial.lsr == 0x60)
  }

  @Test func withoutFIFOsBit7OfTheLineStatusStaysZero() {
    #expect(serial.uart.receiveBreak())
    #expect(serial.lsr == 0x71)
  }

  @Test func receiverResetEmptiesTheFIFOOnly() {
    serial.fcr(0x01)
    serial.mcr = 0x10
    for byte in UInt8(1)...5 { serial.data = byte }
    serial.fcr(0x03)
    #expect(serial.lsr == 0x60)
    #expect(serial.iir == 0xc1)
  }

  @Test func receiverResetForgetsErrorsThatWereNotYetShown() {
    serial.fcr(0x01)
    serial.receive([0x41])
    #expect(serial.uart.receiveBreak())
    #expect(serial.lsr == 0xe1)
    serial.fcr(0x03)
    #expect(serial.lsr == 0x60)
  }

  @Test func changingTheFIFOEnableEmptiesTheFIFO() {
    serial.fcr(0x01)
    serial.mcr = 0x10
    serial.data = 1
    serial.fcr(0x00)
    #expect(serial.lsr == 0x60)
    #expect(serial.iir == 0x01)
  }

  @Test func triggerAndResetsAreIgnoredUnlessTheEnableIsWrittenToo() {
    serial.fcr(0x81)
    serial.ier = 0x01
    serial.receive([UInt8](repeating: 1, count: 8))
    serial.fcr(0x81)
    #expect(serial.iir == 0xc4)
    serial.fcr(0xc2)
    #expect(serial.iir == 0x01)
    serial.fcr(0x01)
    serial.receive([1])
    #expect(serial.iir == 0xc4)
  }

  @Test func theTimeoutKeepsTheLineUpUntilTheFIFOIsEmpty() {
    serial.fcr(0xc1)
    serial.ier = 0x01
    serial.connectInterrupt()
    serial.receive([1, 2, 3])
    #expect(serial.line.levels == [true])
    _ = serial.data
    _ = serial.data
    #expect(serial.line.levels == [true])
    _ = serial.data
    #expect(serial.line.levels == [true, false])
  }
}
