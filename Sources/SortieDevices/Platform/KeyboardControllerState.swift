/// The registers of the keyboard controller and what a command does to them. The caller serialises.
struct KeyboardControllerState: BitwiseCopyable, Sendable {
  // Status, port 0x64. The input buffer is never full: a command takes no time.
  private static let outputFull: UInt8 = 1 << 0
  private static let systemFlag: UInt8 = 1 << 2
  private static let commandWritten: UInt8 = 1 << 3
  private static let notInhibited: UInt8 = 1 << 4
  private static let timeout: UInt8 = 1 << 6

  // Command byte.
  private static let keyboardInterrupt: UInt8 = 1 << 0
  private static let keyboardDisabled: UInt8 = 1 << 4
  private static let auxiliaryDisabled: UInt8 = 1 << 5
  private static let translate: UInt8 = 1 << 6

  // Output port. Bit 0 low resets the processor, bit 4 follows the output buffer.
  private static let notReset: UInt8 = 1 << 0
  private static let gateA20: UInt8 = 1 << 1
  private static let bufferInterrupt: UInt8 = 1 << 4

  /// The command whose parameter the next write of data is.
  private enum Parameter: BitwiseCopyable { case commandByte, outputPort, loop, device }

  private var commandByte = systemFlag | keyboardDisabled | auxiliaryDisabled | translate
  private var outputPort = notReset | gateA20
  private var output: UInt8 = 0
  private var flags: UInt8 = 0
  private var parameter = Parameter.device
  private var level = false

  var status: UInt8 { flags | commandByte & Self.systemFlag | Self.notInhibited }

  mutating func readData(_ line: any InterruptLine) -> UInt8 {
    flags &= ~(Self.outputFull | Self.timeout)
    updateLine(line)
    return output
  }

  mutating func writeData(_ value: UInt8, _ line: any InterruptLine) -> DeviceEffect {
    flags &= ~Self.commandWritten
    let command = parameter
    parameter = .device
    switch command {
    case .commandByte:
      commandByte = value
      updateLine(line)
    case .outputPort:
      outputPort = value & Self.gateA20 | Self.notReset
      if value & Self.notReset == 0 { return .reset }
    case .loop:
      answer(value, line)
    case .device:
      // Nobody takes the byte: after its timeout the controller puts 0xfe in the place of an answer.
      answer(0xfe, line, flags: Self.timeout)
    }
    return .none
  }

  mutating func command(_ command: UInt8, _ line: any InterruptLine) -> DeviceEffect {
    flags |= Self.commandWritten
    parameter = .device
    switch command {
    case 0x20: answer(commandByte, line)
    case 0x60: parameter = .commandByte
    case 0xa7: commandByte |= Self.auxiliaryDisabled
    case 0xa8: commandByte &= ~Self.auxiliaryDisabled
    // Test of the auxiliary port: its clock line is stuck low, so there is none.
    case 0xa9: answer(0x01, line)
    case 0xaa: answer(0x55, line)
    case 0xab: answer(0x00, line)
    case 0xad: commandByte |= Self.keyboardDisabled
    case 0xae: commandByte &= ~Self.keyboardDisabled
    // Input port: the keyboard is not locked.
    case 0xc0: answer(0x80, line)
    case 0xd0: answer(outputPort | (flags & Self.outputFull != 0 ? Self.bufferInterrupt : 0), line)
    case 0xd1: parameter = .outputPort
    // As if from the keyboard, and as if from the auxiliary device. Without an auxiliary port the second byte lacks
    // its mark in the status too, by which Linux (i8042_check_aux) knows at once.
    case 0xd2, 0xd3: parameter = .loop
    case 0xd4: parameter = .device
    case 0xe0: answer(0x00, line)
    // Pulls the outputs low whose bits are zero: bit 0 is the reset.
    case 0xf0...0xff: if command & Self.notReset == 0 { return .reset }
    default: break
    }
    return .none
  }

  private mutating func answer(_ byte: UInt8, _ line: any InterruptLine, flags extra: UInt8 = 0) {
    output = byte
    flags = flags & ~Self.timeout | Self.outputFull | extra
    updateLine(line)
  }

  private mutating func updateLine(_ line: any InterruptLine) {
    let asserted = flags & Self.outputFull != 0 && commandByte & Self.keyboardInterrupt != 0
    guard asserted != level else { return }
    level = asserted
    line.set(level: asserted)
  }
}
