import SortieDevices
import Testing

/// PC16550D data sheet, sections 8.6 to 8.9, tables I and IV: registers, interrupt priority, modem lines.
@Suite struct UARTInterruptTests {
  @Test func masterResetLeavesTheRegistersOfTableI() {
    let serial = SerialFixture()
    #expect(serial.ier == 0x00)
    #expect(serial.iir == 0x01)
    #expect(serial.lcr == 0x00)
    #expect(serial.mcr == 0x00)
    #expect(serial.lsr == 0x60)
    #expect(serial.msr & 0x0f == 0x00)
    #expect(serial.line.levels.isEmpty)
  }

  @Test func unusedBitsReadAsZero() {
    let serial = SerialFixture()
    serial.ier = 0xff
    serial.mcr = 0xff
    #expect(serial.ier == 0x0f)
    #expect(serial.mcr == 0x1f)
  }

  @Test func scratchAndLineControlHoldAnyValue() {
    let serial = SerialFixture()
    for value in UInt8.min...UInt8.max {
      serial.scr = value
      serial.lcr = value
      #expect(serial.scr == value)
      #expect(serial.lcr == value)
    }
  }

  @Test func theDivisorLatchHidesDataAndInterruptEnable() {
    let serial = SerialFixture()
    serial.ier = 0x05
    serial.receive([0x41])
    serial.lcr = 0x83
    serial.data = 0x34
    serial.ier = 0x12
    #expect(serial.data == 0x34)
    #expect(serial.ier == 0x12)
    serial.lcr = 0x03
    #expect(serial.ier == 0x05)
    #expect(serial.data == 0x41)
    #expect(serial.backend.sent.isEmpty)
  }

  @Test func writesToTheStatusRegistersAreIgnored() {
    let serial = SerialFixture()
    serial.lsr = 0x1f
    serial.msr = 0x0f
    #expect(serial.lsr == 0x60)
    #expect(serial.msr == 0xb0)
  }

  @Test func sourcesAreIdentifiedInTheOrderOfTableIV() {
    let serial = SerialFixture()
    serial.fcr(0x01)
    serial.ier = 0x0f
    serial.uart.setModemInputs([])
    #expect(serial.uart.receiveBreak())
    #expect(serial.iir == 0xc6)
    _ = serial.lsr
    #expect(serial.iir == 0xc4)
    _ = serial.data
    #expect(serial.iir == 0xc2)
    #expect(serial.iir == 0xc0)
    _ = serial.msr
    #expect(serial.iir == 0xc1)
  }

  @Test func maskedSourcesAreNotIdentified() {
    let serial = SerialFixture()
    serial.connectInterrupt()
    serial.uart.setModemInputs([])
    #expect(serial.uart.receiveBreak())
    #expect(serial.iir == 0x01)
    #expect(serial.line.levels.isEmpty)
  }

  @Test func out2ConnectsTheInterruptToTheLine() {
    let serial = SerialFixture()
    serial.ier = 0x01
    serial.receive([1])
    #expect(serial.iir == 0x04)
    #expect(serial.line.levels.isEmpty)
    serial.mcr = 0x08
    #expect(serial.line.levels == [true])
    serial.mcr = 0x00
    #expect(serial.line.levels == [true, false])
  }

  @Test func loopbackDisconnectsTheInterruptFromTheLineButIdentifiesIt() {
    let serial = SerialFixture()
    serial.mcr = 0x18
    serial.ier = 0x01
    serial.data = 0x41
    #expect(serial.iir == 0x04)
    #expect(serial.line.levels.isEmpty)
    serial.mcr = 0x08
    #expect(serial.line.levels == [true])
  }

  @Test func loopbackConnectsTransmitterAndReceiverAndNothingElse() {
    let serial = SerialFixture()
    serial.mcr = 0x10
    serial.data = 0x5a
    #expect(serial.data == 0x5a)
    #expect(serial.backend.sent.isEmpty)
    #expect(serial.receive([0x77]) == 1)
    #expect(serial.lsr == 0x60, "host input waits")
    serial.mcr = 0x00
    #expect(serial.data == 0x77)
  }

  @Test(arguments: [(0x01, 0x20), (0x02, 0x10), (0x04, 0x40), (0x08, 0x80)] as [(UInt8, UInt8)])
  func loopbackConnectsEachModemOutputToItsInput(output: UInt8, input: UInt8) {
    let serial = SerialFixture()
    serial.mcr = 0x10 | output
    #expect(serial.msr & 0xf0 == input)
    serial.mcr = output
    #expect(serial.msr & 0xf0 == 0xb0)
  }

  @Test(
    arguments: [(.clearToSend, 0x01), (.dataSetReady, 0x02), (.carrierDetect, 0x08)]
      as [(ModemInputs, UInt8)])
  func bothEdgesOfAModemInputSetItsDelta(input: ModemInputs, delta: UInt8) {
    let serial = SerialFixture(modemInputs: [])
    serial.uart.setModemInputs(input)
    #expect(serial.msr == input.rawValue | delta)
    #expect(serial.msr == input.rawValue)
    serial.uart.setModemInputs([])
    #expect(serial.msr == delta)
  }

  @Test func onlyTheEndOfARingSetsItsDelta() {
    let serial = SerialFixture(modemInputs: [])
    serial.uart.setModemInputs(.ringIndicator)
    #expect(serial.msr == 0x40)
    serial.uart.setModemInputs([])
    #expect(serial.msr == 0x04)
    #expect(serial.msr == 0x00)
  }

  @Test func aModemChangeInterruptsUntilTheStatusIsRead() {
    let serial = SerialFixture()
    serial.connectInterrupt()
    serial.ier = 0x08
    serial.uart.setModemInputs([.clearToSend])
    #expect(serial.line.level)
    #expect(serial.iir == 0x00)
    #expect(serial.line.level, "only reading the status resets it")
    _ = serial.msr
    #expect(!serial.line.level)
  }

  @Test func aWideAccessIsOneOfConsecutiveBytes() {
    let serial = SerialFixture()
    serial.receive([0x41])
    serial.uart.write(3, [0x03, 0x0b])
    #expect(serial.uart.read(3, count: 4) == [0x03, 0x0b, 0x61, 0xb0])
    #expect(serial.uart.read(7, count: 2) == [0x00, 0xff])
    #expect(serial.uart.read(.max, count: 2) == [0xff, 0xff])
  }

  @Test func aStringInstructionGoesToOneRegister() {
    let serial = SerialFixture()
    serial.uart.writeString(0, elementSize: 1, Array("rep outsb".utf8))
    #expect(serial.backend.sent == Array("rep outsb".utf8))
    serial.receive(Array("rep insb".utf8))
    #expect(serial.uart.readString(0, elementSize: 1, count: 8) == Array("rep insb".utf8))
  }
}
