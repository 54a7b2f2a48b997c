import SortieDevices
import Testing

/// A hostile guest: any offset, any size, any value, 100,000 times a device.
@Suite struct DeviceFuzzTests {
  private static let accesses = 100_000

  private func bytes(_ random: inout RandomSource) -> [UInt8] { HostileGuest.bytes(&random) }

  private func access(_ device: any Device, _ random: inout RandomSource) -> DeviceEffect {
    HostileGuest.access(device, &random)
  }

  @Test func theLatchSurvives() {
    var random = RandomSource(seed: 1)
    let latch = LatchRegister(name: "latch", byteCount: 7)
    for _ in 0..<Self.accesses { #expect(access(latch, &random) == .none) }
  }

  @Test func theStringPortSurvives() {
    var random = RandomSource(seed: 2)
    let port = StringPort(name: "string")
    for _ in 0..<Self.accesses { #expect(access(port, &random) == .none) }
  }

  @Test func theEdgeRegistersLineIsDownAfterEveryAccess() {
    var random = RandomSource(seed: 4)
    let line = RecordingLine()
    let register = EdgeRegister(name: "edge", line: line)
    for _ in 0..<Self.accesses { #expect(access(register, &random) == .none) }
    #expect(line.alternates && !line.level)
    #expect(line.risingEdges > Self.accesses / 4)
  }

  @Test func theDebugExitOnlyStopsWithOddStatus() {
    var random = RandomSource(seed: 3)
    let port = DebugExit()
    for _ in 0..<Self.accesses {
      if case .stop(let status) = access(port, &random) { #expect(status & 1 == 1) }
    }
  }

  /// After each access the line is up exactly if the registers say that it should be: an interrupt is identified, OUT2
  /// connects it, and no loopback cuts it off.
  @Test(arguments: 0..<4 as Range<UInt64>)
  func theUARTsLineIsAFunctionOfItsRegisters(seed: UInt64) {
    var random = RandomSource(seed: seed)
    let serial = SerialFixture(room: 0)
    for step in 0..<Self.accesses {
      switch Int.random(in: 0..<16, using: &random) {
      case 0: serial.backend.makeRoom(.random(in: 0..<40, using: &random))
      case 1: serial.uart.transmitReady()
      case 2: serial.receive(bytes(&random))
      case 3: _ = serial.uart.receiveBreak()
      case 4: serial.uart.setModemInputs(ModemInputs(rawValue: .random(in: 0...255, using: &random)))
      default: #expect(access(serial.uart, &random) == .none)
      }
      // Seen before the identification is read, which may reset it.
      let level = serial.line.level
      let modemControl = serial.mcr
      let interruptEnable = serial.lcr & 0x80 == 0 ? serial.ier : nil
      if step % 5 == 0 {
        let identification = serial.iir
        let connected = modemControl & 0x18 == 0x08
        #expect(level == (connected && identification & 1 == 0), "seed \(seed), step \(step)")
        #expect([0x1, 0x0, 0x2, 0x4, 0x6, 0xc].contains(identification & 0x3f))
        #expect([0x00, 0xc0].contains(identification & 0xc0))
      }
      if let interruptEnable, interruptEnable == 0 { #expect(!level) }
    }
    #expect(serial.line.alternates)
    #expect(serial.line.risingEdges > 100, "the walk reaches the interesting states")
    #expect(serial.backend.sent.count > 100)
  }
}
