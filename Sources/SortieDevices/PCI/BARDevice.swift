/// A base address register as a device on the bus, so that what the guest accesses through it has a number
/// and a name.
final class BARDevice: Device {
  /// A function behind one reference that is not counted, as in ``DeviceBox``.
  private final class FunctionBox: Sendable {
    let function: any PCIFunction
    let registers: PCIRegisters

    init(_ function: any PCIFunction) {
      self.function = function
      registers = function.registers
    }
  }

  let name: String
  private let index: Int
  // Set here and released in `deinit`.
  private let box: Unmanaged<FunctionBox>

  init(_ bar: PCIBAR, of function: any PCIFunction) {
    name = bar.name
    index = bar.index
    box = .passRetained(FunctionBox(function))
  }

  deinit { box.release() }

  func read(offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    box._withUnsafeGuaranteedRef { box in
      if box.registers.readMSIX(bar: index, offset: offset, into: bytes) { return }
      box.function.readBAR(index, offset: offset, into: bytes)
    }
  }

  func write(offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect {
    box._withUnsafeGuaranteedRef { box in
      if box.registers.writeMSIX(bar: index, offset: offset, from: bytes) { return .none }
      return box.function.writeBAR(index, offset: offset, from: bytes)
    }
  }
}
