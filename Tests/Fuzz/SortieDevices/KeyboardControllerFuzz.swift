/// The line is up exactly if there is a byte and the command byte enables the interrupt; only writes reset.
func fuzzKeyboardController(_ bytes: UnsafeRawBufferPointer) {
  let line = FuzzPin()
  let device = KeyboardController(line: line)
  fuzzDevice(device, bytes, offsets: [0, 4, 4, 0, 1, 5]) { _ in
    while fuzzRead(device, KeyboardController.commandOffset) & 1 != 0 { _ = fuzzRead(device, 0) }
    precondition(!line.level)
    fuzzWrite(device, KeyboardController.commandOffset, 0xaa)
    precondition(fuzzRead(device, 0) == 0x55)
  } check: { effect in
    precondition(effect == .none || effect == .reset)
    let status = fuzzRead(device, KeyboardController.commandOffset)
    precondition(status & 0xa2 == 0, "never busy, no auxiliary byte, no parity error")
    precondition(!line.level || status & 1 != 0)
  }
}
