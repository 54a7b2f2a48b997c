/// The line is down after each access, and time alone interrupts no faster than the host allows.
func fuzzPIT(_ bytes: UnsafeRawBufferPointer) {
  let time = FuzzTime()
  let line = FuzzPin()
  let device = PIT(line: line, timers: time)
  fuzzDevice(device, bytes, time: time, offsets: [0, 1, 2, 3, 3, PIT.portBOffset, 4]) { value in
    let edges = line.edges
    for _ in 0..<20 { time.advance(by: UInt64(value) * 100) }
    precondition(line.edges - edges <= 7, "\(line.edges - edges) interrupts in \(Int(value) * 2) µs")
    // A latched status says what the counter was programmed with.
    let word = value & 0x3f | 0x30
    fuzzWrite(device, 3, 0x40 | word)
    fuzzWrite(device, 3, 0xe4)
    precondition(fuzzRead(device, 1) & 0x7f == 0x40 | word)
  } check: { effect in
    precondition(effect == .none)
    precondition(!line.level)
    precondition(fuzzRead(device, PIT.portBOffset) & 0xc0 == 0)
  }
}
