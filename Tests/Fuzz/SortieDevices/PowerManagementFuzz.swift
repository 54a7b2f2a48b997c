/// The SCI is up exactly if an event is pending and enabled; only a sleep turns the machine off.
func fuzzPowerManagement(_ bytes: UnsafeRawBufferPointer) {
  let time = FuzzTime()
  let sci = FuzzPin()
  let device = PowerManagement(sci: sci, timers: time)
  fuzzDevice(device, bytes, time: time, offsets: Array(0..<13)) { _ in
    device.pressPowerButton()
  } check: { effect in
    precondition(effect == .none || effect == .powerOff)
    // The read may find the timer's carry, which without its enable raises nothing.
    let pending = (0..<2 as Range<UInt64>).contains { fuzzRead(device, $0) & fuzzRead(device, $0 + 2) != 0 }
    precondition(sci.level == pending)
    precondition(fuzzRead(device, 4) & 1 == 1, "ACPI mode")
    precondition(fuzzRead(device, 5) & 0x20 == 0, "SLP_EN is write-only")
  }
}
