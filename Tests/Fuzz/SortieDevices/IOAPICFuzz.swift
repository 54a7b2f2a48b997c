/// Of each pin the sink knows what its entry says, a level is never sent twice without an end between, and nothing is
/// sent with a route that the sink does not know.
func fuzzIOAPIC(_ bytes: UnsafeRawBufferPointer) {
  let sink = FuzzSink()
  let device = IOAPIC(sink: sink)
  let lines = (0..<48).compactMap { device.line(pin: $0 % IOAPIC.pinCount) }
  fuzzDevice(device, bytes, offsets: [0x00, 0x10, 0x10, 0x00, 0x40, 0x11, 0x44]) { value in
    if value & 0x80 == 0 {
      lines[Int(value) % 48].set(level: value & 0x40 != 0)
    } else {
      device.endOfInterrupt(vector: value)
    }
  } check: { effect in
    precondition(effect == .none)
  }
  for pin in 0..<IOAPIC.pinCount {
    let low = entry(device, pin, high: false)
    let high = entry(device, pin, high: true)
    let route = sink.routes[pin]
    guard low & 1 << 16 == 0 || low & 1 << 14 != 0 else {
      precondition(route == nil)
      continue
    }
    precondition(route?.address == UInt64(0xfee0_0000 | (high >> 24) << 12 | (low >> 11 & 1) << 2))
    precondition((route?.data ?? 0) & 0x7ff == low & 0x7ff)
  }
}

private func entry(_ device: IOAPIC, _ pin: Int, high: Bool) -> UInt32 {
  fuzzWrite(device, 0x00, UInt8(0x10 + 2 * pin + (high ? 1 : 0)))
  var value: UInt32 = 0
  withUnsafeMutableBytes(of: &value) { device.read(offset: 0x10, into: $0) }
  return value
}

private final class FuzzSink: IOAPICSink, @unchecked Sendable {
  var routes: [MSIMessage?] = Array(repeating: nil, count: IOAPIC.pinCount)

  func deliver(_ message: MSIMessage) {
    precondition(routes.contains(message), "\(message) has no route")
    precondition(message.address & ~0xf_f004 == 0xfee0_0000)
  }

  func routesChanged(pin: Int, message: MSIMessage?, isLevel: Bool) {
    precondition(message != routes[pin], "nothing has changed")
    if let message { precondition(isLevel == (message.data & 1 << 15 != 0)) }
    routes[pin] = message
  }
}
