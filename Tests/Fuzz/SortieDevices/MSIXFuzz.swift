/// A guest that programs vectors while the function raises them. Input: 4 bytes a step: operation, offset, size, value.
func fuzzMSIX(_ bytes: UnsafeRawBufferPointer) {
  let interrupts = CheckingInterrupts()
  let layout = MSIXLayout(vectors: 4, bar: 0, tableOffset: 0, pendingOffset: 0x80)
  let registers = PCIRegisters(
    PCIIdentity(vendor: 1, device: 2, classCode: 0), bars: [PCIBAR(0, .memory32, size: 0x100, name: "a")],
    msix: layout, pin: 1, interrupts: interrupts)
  let capability = Int(registers.value(at: 0x34, as: UInt8.self))
  var data: (UInt64, UInt64) = (0, 0)
  for start in stride(from: 0, to: bytes.count - 3, by: 4) {
    data.0 = UInt64(bytes[start + 3]) &* 0x0101_0101_0101_0101
    withUnsafeMutableBytes(of: &data) { buffer in
      let access = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(Int(bytes[start + 2] & 15) + 1)])
      let offset = UInt64(bytes[start + 1])
      switch bytes[start] & 7 {
      case 0: registers.raise(vector: Int(offset) - 2)
      case 1: registers.setPin(level: offset & 1 == 1)
      case 2: _ = registers.readMSIX(bar: 0, offset: offset, into: access)
      case 3:
        registers.write(offset: capability + 2, from: UnsafeRawBufferPointer(rebasing: access.prefix(2)))
      case 4: registers.write(offset: Int(offset), from: UnsafeRawBufferPointer(access))
      default: _ = registers.writeMSIX(bar: 0, offset: offset, from: UnsafeRawBufferPointer(access))
      }
    }
    precondition(!registers.messagesEnabled || !interrupts.level, "messages silence the pin")
  }
}

/// Insists on being told of changes only. libFuzzer calls on one thread.
final class CheckingInterrupts: FunctionInterrupts, @unchecked Sendable {
  var level = false
  private var routes: [MSIMessage?] = [nil, nil, nil, nil]

  func route(vector: Int, to message: MSIMessage?) {
    precondition(routes[vector] != message, "a route is told when it changes")
    routes[vector] = message
  }

  func send(vector: Int) { precondition(routes[vector] != nil, "sent only while routed") }

  func descriptor(vector: Int) -> Int32? { nil }

  func setPin(level: Bool) {
    precondition(self.level != level)
    self.level = level
  }
}
