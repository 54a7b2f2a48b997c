import SortieDevices
import Testing

/// The controller at its ports, the way that drivers talk to it.
@Suite struct KeyboardControllerTests {
  let line = RecordingLine()
  let bus: Bus

  init() throws {
    let controller = KeyboardController(line: line)
    var builder = BusBuilder()
    try builder.add(controller, at: 0x60..<0x61, in: .port)
    try builder.add(
      DeviceWindow(controller, at: KeyboardController.commandOffset), at: 0x64..<0x65, in: .port)
    bus = builder.freeze()
  }

  private var status: UInt8 { bus.read(0x64, in: .port, count: 1)[0] }
  private var data: UInt8 { bus.read(0x60, in: .port, count: 1)[0] }
  @discardableResult
  private func command(_ value: UInt8) -> DeviceEffect { bus.write(0x64, in: .port, [value]) }
  @discardableResult
  private func send(_ value: UInt8) -> DeviceEffect { bus.write(0x60, in: .port, [value]) }

  private func answer(to value: UInt8) -> UInt8? {
    command(value)
    return status & 1 != 0 ? data : nil
  }

  @Test func nothingWaitsAtTheStart() {
    #expect(status == 0x14)
    #expect(line.levels.isEmpty)
  }

  @Test func theSelfTestPasses() {
    #expect(answer(to: 0xaa) == 0x55)
    #expect(status & 1 == 0, "reading takes the byte")
  }

  @Test func theKeyboardsPortPassesItsTest() { #expect(answer(to: 0xab) == 0x00) }

  @Test func theCommandByteReadsAsWritten() {
    command(0x60)
    #expect(status & 0x08 != 0, "the last write was a command")
    send(0x47)
    #expect(status & 0x08 == 0)
    #expect(answer(to: 0x20) == 0x47)
  }

  @Test func commandsTurnThePortsOnAndOff() {
    command(0x60)
    send(0x00)
    command(0xad)
    command(0xa7)
    #expect(answer(to: 0x20) == 0x30)
    command(0xae)
    command(0xa8)
    #expect(answer(to: 0x20) == 0x00)
  }

  /// What Linux's i8042_check_aux needs to say no at once: a loop without the auxiliary mark and a failed test.
  @Test func thereIsNoAuxiliaryPort() {
    command(0xd3)
    send(0x5a)
    #expect(status & 0x21 == 0x01)
    #expect(data == 0x5a)
    #expect(answer(to: 0xa9) == 0x01)
  }

  @Test(arguments: [nil, 0xd4] as [UInt8?])
  func aByteForADeviceTimesOut(prefix: UInt8?) {
    if let prefix { command(prefix) }
    send(0xf2)
    #expect(status & 0x41 == 0x41)
    #expect(data == 0xfe)
    #expect(status & 0x41 == 0)
  }

  @Test func theInterruptFollowsTheOutputBuffer() {
    command(0x60)
    send(0x01)
    send(0xf2)
    #expect(line.levels == [true])
    _ = data
    #expect(line.levels == [true, false])
    command(0x60)
    send(0x00)
    send(0xf2)
    #expect(!line.level)
  }

  @Test(arguments: (0...255) as ClosedRange<UInt8>)
  func onlyAPulseOfBitZeroResets(value: UInt8) {
    #expect(command(value) == (value >= 0xf0 && value & 1 == 0 ? .reset : .none))
  }

  @Test func theResetOutputResets() {
    command(0xd1)
    #expect(send(0x03) == .none)
    #expect(answer(to: 0xd0) == 0x03)
    command(0xd1)
    #expect(send(0x01) == .none)
    #expect(answer(to: 0xd0) == 0x01, "A20 reads as written")
    command(0xd1)
    #expect(send(0xfe) == .reset)
  }

  @Test func aCommandForgetsTheParameterOfTheLast() {
    command(0xd1)
    command(0x60)
    #expect(send(0x10) == .none)
    #expect(answer(to: 0x20) == 0x10)
  }

  @Test func portsOfOthersAreLeftAlone() {
    command(0xaa)
    #expect(bus.read(0x60, in: .port, count: 6) == [0x55, 0xff, 0xff, 0xff, 0x14 | 0x08, 0xff])
  }
}
