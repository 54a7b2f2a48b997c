import SortieDevices
import Testing

/// PC16550D data sheet, sections 8.4, 8.6 and 8.11: what the transmitter does.
@Suite struct UARTTransmitterTests {
  @Test func charactersReachTheBackendInOrder() {
    let serial = SerialFixture()
    for byte in Array("Sortie\n".utf8) { serial.data = byte }
    #expect(serial.backend.sent == Array("Sortie\n".utf8))
    #expect(serial.lsr == 0x60)
  }

  @Test func theHoldingRegisterEmptyInterruptIsResetByReadingItsIdentification() {
    let serial = SerialFixture()
    serial.connectInterrupt()
    serial.ier = 0x02
    #expect(serial.line.level)
    #expect(serial.iir == 0x02)
    #expect(!serial.line.level)
    #expect(serial.iir == 0x01)
  }

  @Test func writingACharacterRearmsTheInterruptWithANewEdge() {
    let serial = SerialFixture()
    serial.connectInterrupt()
    serial.ier = 0x02
    _ = serial.iir
    serial.data = 0x41
    #expect(serial.line.levels == [true, false, true])
    serial.data = 0x42
    #expect(serial.line.levels == [true, false, true, false, true])
    #expect(serial.iir == 0x02)
  }

  @Test func enablingTheInterruptAgainRearmsIt() {
    let serial = SerialFixture()
    serial.ier = 0x02
    #expect(serial.iir == 0x02)
    #expect(serial.iir == 0x01)
    serial.ier = 0x02
    #expect(serial.iir == 0x01, "it was enabled already")
    serial.ier = 0x00
    #expect(serial.iir == 0x01)
    serial.ier = 0x02
    #expect(serial.iir == 0x02)
  }

  @Test func readingAnotherSourceDoesNotResetIt() {
    let serial = SerialFixture()
    serial.ier = 0x03
    serial.receive([1])
    #expect(serial.iir == 0x04)
    _ = serial.data
    #expect(serial.iir == 0x02)
  }

  @Test func aFullBackendFillsTheShiftRegisterThenTheFIFO() {
    let serial = SerialFixture(room: 0)
    serial.fcr(0x01)
    serial.ier = 0x02
    _ = serial.iir
    serial.data = 0
    #expect(serial.lsr == 0x20, "the holding register is empty, the shift register is not")
    #expect(serial.iir == 0xc2)
    for byte in UInt8(1)...16 { serial.data = byte }
    #expect(serial.lsr == 0x00)
    serial.data = 17
    #expect(serial.iir == 0xc1)
    serial.backend.makeRoom(10)
    serial.uart.transmitReady()
    #expect(serial.backend.sent == Array(0..<10))
    #expect(serial.lsr == 0x00)
    #expect(serial.iir == 0xc1)
    serial.backend.makeRoom(100)
    serial.uart.transmitReady()
    #expect(serial.backend.sent == Array(0...16), "the FIFO had no room for the last character")
    #expect(serial.lsr == 0x60)
    #expect(serial.iir == 0xc2)
  }

  @Test func withoutFIFOsTheHoldingRegisterIsOverwritten() {
    let serial = SerialFixture(room: 0)
    for byte in UInt8(1)...3 { serial.data = byte }
    #expect(serial.lsr == 0x00)
    serial.backend.makeRoom(100)
    serial.uart.transmitReady()
    #expect(serial.backend.sent == [1, 3])
  }

  @Test func transmitterResetEmptiesTheFIFOButNotTheShiftRegister() {
    let serial = SerialFixture(room: 0)
    serial.fcr(0x01)
    serial.ier = 0x02
    for byte in UInt8(1)...5 { serial.data = byte }
    #expect(serial.iir == 0xc1)
    serial.fcr(0x05)
    #expect(serial.lsr == 0x20)
    #expect(serial.iir == 0xc2)
    serial.backend.makeRoom(100)
    serial.uart.transmitReady()
    #expect(serial.backend.sent == [1])
  }

  @Test func loopbackTakesOverWhatTheBackendRefused() {
    let serial = SerialFixture(room: 0)
    serial.fcr(0x01)
    for byte in UInt8(1)...3 { serial.data = byte }
    serial.mcr = 0x10
    #expect(serial.lsr == 0x61)
    #expect((0..<3).map { _ in serial.data } == [1, 2, 3])
    #expect(serial.backend.sent.isEmpty)
  }

  @Test func theBackendBecomingReadyRaisesTheInterrupt() {
    let serial = SerialFixture(room: 0)
    serial.connectInterrupt()
    serial.ier = 0x02
    serial.data = 1
    serial.data = 2
    #expect(!serial.line.level)
    serial.backend.makeRoom(1)
    serial.uart.transmitReady()
    #expect(serial.line.level)
  }
}
