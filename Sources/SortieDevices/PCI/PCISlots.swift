/// The functions of bus 0 by slot, each slot with function 0 only. Where there is none, reads are all ones,
/// as when no device claims a configuration cycle (PCI Local Bus Specification 3.0, section 6.1).
struct PCISlots: Sendable {
  static let count = 32

  private var functions = [(any PCIFunction)?](repeating: nil, count: count)

  subscript(slot: Int) -> (any PCIFunction)? {
    get { functions[slot] }
    set { functions[slot] = newValue }
  }

  /// `bytes` must not run over the end of the function's space.
  func read(_ slot: Int, _ function: Int, _ offset: Int, into bytes: UnsafeMutableRawBufferPointer) {
    if function == 0, let function = functions[slot] {
      function.readConfiguration(offset: offset, into: bytes)
    } else {
      for index in bytes.indices { bytes[index] = 0xff }
    }
  }

  /// `bytes` must not run over the end of the function's space.
  func write(_ slot: Int, _ function: Int, _ offset: Int, from bytes: UnsafeRawBufferPointer) {
    guard function == 0 else { return }
    functions[slot]?.writeConfiguration(offset: offset, from: bytes)
  }
}
