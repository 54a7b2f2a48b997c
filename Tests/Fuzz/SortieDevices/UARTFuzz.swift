/// Input: pairs of an operation and its value. The low three bits of an operation name a register or a host event,
/// bits 3 and 4 the kind, bits 5 to 7 the size of a guest access.
func fuzzUART(_ data: UnsafeRawBufferPointer) {
  let line = FuzzLine()
  let backend = FuzzBackend()
  let uart = UART16550(name: "uart0", line: line, backend: backend)
  var bytes: (UInt64, UInt64) = (0, 0)
  var index = 0
  while index + 1 < data.count {
    let operation = data[index]
    let value = data[index + 1]
    index += 2
    bytes.0 = UInt64(value) &* 0x0101_0101_0101_0101
    let size = Int(operation >> 5) + 1
    let register = UInt64(operation & 7)
    withUnsafeMutableBytes(of: &bytes) { buffer in
      let access = UnsafeMutableRawBufferPointer(rebasing: buffer[..<size])
      switch operation >> 3 & 3 {
      case 0: uart.read(offset: register, into: access)
      case 1: precondition(uart.write(offset: register, from: UnsafeRawBufferPointer(access)) == .none)
      case 2:
        uart.readString(offset: register, elementSize: 1, into: access)
      default:
        switch register {
        case 0: backend.room = Int(value)
        case 1: uart.transmitReady()
        case 2: precondition(uart.receive(UnsafeRawBufferPointer(access)) <= size)
        case 3: _ = uart.receiveBreak()
        case 4: uart.setModemInputs(ModemInputs(rawValue: value))
        default:
          precondition(uart.write(offset: .max - register, from: UnsafeRawBufferPointer(access)) == .none)
        }
      }
    }
    checkLine(uart, line)
  }
}

/// The line is up exactly if an interrupt is identified, OUT2 connects it and no loopback cuts it off. Reading the
/// identification may reset its source and let the line fall, which is part of what is checked.
private func checkLine(_ uart: UART16550, _ line: FuzzLine) {
  var register: UInt8 = 0
  let level = line.level
  withUnsafeMutableBytes(of: &register) { uart.read(offset: 4, into: $0) }
  let connected = register & 0x18 == 0x08
  withUnsafeMutableBytes(of: &register) { uart.read(offset: 2, into: $0) }
  precondition(level == (connected && register & 1 == 0), "line \(level), identification \(register)")
  withUnsafeMutableBytes(of: &register) { uart.read(offset: 5, into: $0) }
  precondition(register & 0x60 != 0x40, "the transmitter is empty, its holding register is not")
}

/// libFuzzer calls on one thread.
private final class FuzzLine: InterruptLine, @unchecked Sendable {
  var level = false

  func set(level: Bool) {
    precondition(level != self.level, "the line was \(level) already")
    self.level = level
  }
}

private final class FuzzBackend: SerialBackend, @unchecked Sendable {
  var room = 0

  func transmit(_ byte: UInt8) -> Bool {
    guard room > 0 else { return false }
    room -= 1
    return true
  }

  func receiveReady() {}
}
