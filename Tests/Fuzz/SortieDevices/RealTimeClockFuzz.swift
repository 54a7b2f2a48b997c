/// The line is up exactly if C requests an interrupt, which reading it ends; a time that no guest has touched since the
/// last update is a time of day.
func fuzzRealTimeClock(_ bytes: UnsafeRawBufferPointer) {
  let time = FuzzTime()
  let line = FuzzPin()
  let device = RealTimeClock(line: line, timers: time)
  fuzzDevice(device, bytes, time: time, offsets: [0, 1, 1, 2]) { _ in
    let level = line.level
    fuzzWrite(device, 0, 0x0c)
    let requested = fuzzRead(device, 1) & 0x80 != 0
    precondition(level == requested && !line.level)
  } check: { effect in
    precondition(effect == .none)
  }
  fuzzWrite(device, 0, 0x0b)
  fuzzWrite(device, 1, 0x02)
  fuzzWrite(device, 0, 0x0a)
  fuzzWrite(device, 1, 0x26)
  let before = time.now
  time.advance(by: 1_000_000_000)
  guard time.now - before == 1_000_000_000, time.now < 1 << 62 else { return }
  for (register, last) in [(0, 0x59), (2, 0x59), (4, 0x23), (7, 0x31), (8, 0x12)] as [(UInt8, UInt8)] {
    fuzzWrite(device, 0, register)
    let value = fuzzRead(device, 1)
    precondition(value <= last && value & 0xf < 10, "register \(register) is \(value)")
  }
}
