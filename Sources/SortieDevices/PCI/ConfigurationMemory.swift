/// Configuration space as memory, the enhanced configuration access mechanism (PCI Express Base Specification
/// 3.0, section 7.2.2): 4 KiB a function, 8 functions a slot, 32 slots a bus.
final class ConfigurationMemory: Device {
  let name = "pci-configuration-memory"
  private let slots: PCISlots

  init(_ slots: PCISlots) { self.slots = slots }

  func read(offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    Self.forEachFunction(offset, bytes.count) { location, part in
      let part = UnsafeMutableRawBufferPointer(rebasing: bytes[part])
      if let (slot, function, register) = location {
        slots.read(slot, function, register, into: part)
      } else {
        for index in part.indices { part[index] = 0xff }
      }
    }
  }

  func write(offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect {
    Self.forEachFunction(offset, bytes.count) { location, part in
      guard let (slot, function, register) = location else { return }
      slots.write(slot, function, register, from: UnsafeRawBufferPointer(rebasing: bytes[part]))
    }
    return .none
  }

  /// Splits an access where one function's space ends and the next begins. Buses but the first have no
  /// location.
  private static func forEachFunction(
    _ offset: UInt64, _ count: Int,
    _ body: (_ location: (slot: Int, function: Int, register: Int)?, _ part: Range<Int>) -> Void
  ) {
    var done = 0
    while done < count {
      let (address, overflow) = offset.addingReportingOverflow(UInt64(done))
      let register = Int(address % UInt64(ConfigurationSpace.size))
      let end = min(count, done + ConfigurationSpace.size - register)
      let inBus = !overflow && address >> 20 == 0
      body(inBus ? (Int(address >> 15 & 31), Int(address >> 12 & 7), register) : nil, done..<end)
      done = end
    }
  }
}
