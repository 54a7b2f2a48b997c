import SortieDevices
import Testing

/// The register sequences by which Linux' drivers/tty/serial/8250/8250_port.c recognises and starts a port.
@Suite struct UARTDriverTests {
  let serial = SerialFixture()

  /// Offset 2 with DLAB set or with 0xbf in the line control is a further register on later chips.
  private func offset2(lineControl: UInt8) -> UInt8 {
    serial.lcr = lineControl
    defer { serial.lcr = 0 }
    return serial.iir
  }

  private func countFIFO() -> Int {
    serial.fcr(0x07)
    serial.mcr = 0x10
    serial.lcr = 0x80
    serial.uart.write(0, [0x01, 0x00])
    serial.lcr = 0x03
    for byte in UInt8.min...UInt8.max { serial.data = byte }
    var count = 0
    while serial.lsr & 0x01 != 0, count < 256 {
      _ = serial.data
      count += 1
    }
    serial.mcr = 0
    return count
  }

  @Test func autoconfigFindsA16550AAndNoLaterChip() {
    // A port is there: four bits of interrupt enable hold what is written.
    serial.ier = 0x00
    #expect(serial.ier & 0x0f == 0x00)
    serial.ier = 0x0f
    #expect(serial.ier & 0x0f == 0x0f)
    serial.ier = 0x00

    // It is a UART: loopback ties RTS to CTS and OUT2 to DCD.
    serial.mcr = 0x1a
    #expect(serial.msr & 0xf0 == 0x90)
    serial.mcr = 0x00

    // Its FIFOs work: both bits, where an 8250, 16450 or the broken 16550 show none or one.
    serial.lcr = 0xbf
    serial.fcr(0x00)
    serial.lcr = 0x00
    serial.fcr(0x01)
    #expect(serial.iir >> 6 == 3)

    // No enhanced features register: not a 16650 and its kin.
    #expect(offset2(lineControl: 0x80) != 0)
    #expect(offset2(lineControl: 0xbf) != 0)

    // No bank 2 where the loopback bit shows: not a National Semiconductor SuperIO.
    let withoutLoopback = offset2(lineControl: 0xe0)
    serial.mcr = 0x10
    let withLoopback = offset2(lineControl: 0xe0)
    serial.mcr = 0x00
    #expect((withoutLoopback ^ withLoopback) & 0x10 == 0)

    // No 64-byte FIFO, with DLAB or without: not a TI16750.
    serial.fcr(0x21)
    #expect(serial.iir >> 5 == 6)
    serial.fcr(0x01)
    serial.lcr = 0x80
    serial.fcr(0x21)
    #expect(serial.iir >> 5 == 6)
    serial.fcr(0x01)
    serial.lcr = 0x00

    // No UART unit enable: not an XScale.
    serial.ier = 0x40
    #expect(serial.ier & 0x40 == 0)

    #expect(countFIFO() == 16)
    #expect(serial.line.levels.isEmpty)
    #expect(serial.backend.sent.isEmpty)
  }

  @Test func withoutFIFOsTheScratchRegisterTellsA16450FromAn8250() {
    serial.scr = 0xa5
    #expect(serial.scr == 0xa5)
    serial.scr = 0x5a
    #expect(serial.scr == 0x5a)
  }

  @Test func theDivisorHoldsNoChipIdentity() {
    serial.lcr = 0x80
    serial.uart.write(0, [0, 0])
    #expect(serial.uart.read(0, count: 2) == [0, 0])
  }

  @Test func startupFindsNoTransmitterBug() {
    // Enabled twice with the holding register empty, the interrupt must be identified each time.
    serial.mcr = 0x08
    serial.ier = 0x02
    #expect(serial.iir & 0x01 == 0)
    serial.ier = 0x00
    serial.ier = 0x02
    #expect(serial.lsr & 0x40 != 0)
    #expect(serial.iir & 0x01 == 0)
    serial.ier = 0x00
    #expect(!serial.line.level)
  }

  @Test func anInterruptDrivenWriterIsCalledForEachBatch() {
    let text = (0..<200).map { UInt8($0) }
    serial.fcr(0x01)
    serial.connectInterrupt()
    serial.ier = 0x02
    var rest = text[...]
    var interrupts = 0
    while serial.line.level, interrupts < 1000 {
      interrupts += 1
      #expect(serial.iir == 0xc2)
      if rest.isEmpty {
        serial.ier = 0x00
      } else {
        for byte in rest.prefix(16) { serial.data = byte }
        rest = rest.dropFirst(16)
      }
    }
    #expect(serial.backend.sent == text)
    #expect(interrupts == 14)
    #expect(serial.line.alternates)
  }

  @Test func aReaderAndTheHostsThreadLoseNothing() async {
    let text = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    serial.fcr(0x01)
    let serial = serial
    async let sent: Void = {
      var rest = text[...]
      while !rest.isEmpty {
        let taken = serial.receive(Array(rest.prefix(100)))
        rest = rest.dropFirst(taken)
        if taken == 0 { await Task.yield() }
      }
    }()
    var read: [UInt8] = []
    while read.count < text.count {
      if serial.lsr & 0x01 != 0 { read.append(serial.data) } else { await Task.yield() }
    }
    await sent
    #expect(read == text)
    #expect(serial.lsr == 0x60)
  }
}
