/// A guest in configuration space: moves base address registers, and uses both ways to it and the windows. Input: 8 bytes
/// an access: operation, size, 4 bytes of an address, 2 of a value.
func fuzzPCIConfiguration(_ bytes: UnsafeRawBufferPointer) {
  let function = FuzzFunction()
  var builder = BusBuilder()
  let windows = PCIWindows(
    memory: [0xd000_0000..<0xe000_0000, 0x1_0000_0000..<0x2_0000_0000], ports: 0xc000..<0x1_0000,
    configuration: 0xe000_0000..<0xe010_0000)
  guard let bridge = try? PCIHostBridge([1: function, 2: FuzzFunction()], windows: windows, on: &builder)
  else {
    preconditionFailure("two functions fit")
  }
  let bus = builder.freeze()
  var data: (UInt64, UInt64) = (0, 0)
  for start in stride(from: 0, to: bytes.count - 7, by: 8) {
    let size = Int(bytes[start + 1] & 15) + 1
    let address = UInt64(
      UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: start + 2, as: UInt32.self)))
    data.0 = UInt64(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: start + 6, as: UInt16.self)))
    data.0 |= data.0 << 16 | data.0 << 40
    withUnsafeMutableBytes(of: &data) { buffer in
      let access = UnsafeMutableRawBufferPointer(rebasing: buffer[..<size])
      let memory = 0xe000_0000 | address & 0xf_ffff
      let port = UInt16(truncatingIfNeeded: 0xcf8 + address & 15)
      let slot = bus.lookupMemory(address << (bytes[start] >> 6))
      switch bytes[start] & 7 {
      case 0:
        _ = bus.writePort(
          port, at: bus.lookupPort(port), elementSize: size, from: UnsafeRawBufferPointer(access))
      case 1: bus.readPort(port, at: bus.lookupPort(port), elementSize: size, into: access)
      case 2: bus.readMemory(memory, at: bus.lookupMemory(memory), into: access)
      case 3: _ = bus.writeMemory(address, at: slot, from: UnsafeRawBufferPointer(access))
      case 4: bus.readMemory(address, at: slot, into: access)
      default:
        precondition(
          bus.writeMemory(memory, at: bus.lookupMemory(memory), from: UnsafeRawBufferPointer(access)) == .none
        )
      }
    }
    for claim in bridge.claims where claim.space == .memory {
      guard let slot = bus.lookupMemory(claim.range.lowerBound), slot.device == claim.device else { continue }
      precondition(slot.offset == 0 && slot.room <= UInt64(claim.range.count))
      precondition(windows.memory.contains { $0.contains(claim.range.lowerBound) })
    }
  }
  precondition(function.registers.value(at: 0, as: UInt32.self) == 0x0002_0001)
}

private final class FuzzFunction: PCIFunction {
  let name = "fuzz"
  let registers = PCIRegisters(
    PCIIdentity(vendor: 1, device: 2, classCode: 0),
    bars: [
      PCIBAR(0, .memory32, size: 0x1000, name: "a"), PCIBAR(1, .ports, size: 16, name: "b"),
      PCIBAR(2, .memory64, size: 0x4000, name: "c"),
    ],
    capabilities: [PCICapability(id: 9, body: [1, 2, 3], writable: [0, 0xff])],
    msix: MSIXLayout(vectors: 3, bar: 0, tableOffset: 0x100, pendingOffset: 0x200), pin: 1)

  func readBAR(_ bar: Int, offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    precondition(offset + UInt64(bytes.count) <= registers.bars[bar].size)
  }

  func writeBAR(_ bar: Int, offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect {
    precondition(offset + UInt64(bytes.count) <= registers.bars[bar].size)
    return .none
  }
}
