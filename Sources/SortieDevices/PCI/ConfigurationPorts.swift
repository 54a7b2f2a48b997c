import Synchronization

/// Configuration mechanism 1 (PCI Local Bus Specification 3.0, section 3.2.2.3.2): the address register at
/// port 0xcf8, the register that it selects at 0xcfc to 0xcff, and the reset control register of PC chip sets
/// at 0xcf9.
///
/// Only a doubleword reaches the address register; what else comes there belongs to other devices, of which
/// there is one.
final class ConfigurationPorts: Device {
  static let range: Range<UInt64> = 0xcf8..<0xd00

  private static let dataOffset = 4
  private static let end = 8
  private static let resetOffset = 1
  // Bit 31 enables, 16 to 23 are the bus, 11 to 15 the slot, 8 to 10 the function, 2 to 7 the doubleword.
  private static let enable: UInt32 = 1 << 31
  private static let writable: UInt32 = 0x80ff_fffc

  private struct State {
    var address: UInt32 = 0
    var resetControl = ResetControl()
  }

  let name = "pci-configuration-ports"
  private let slots: PCISlots
  private let state = Mutex(State())

  init(_ slots: PCISlots) { self.slots = slots }

  func read(offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    for index in bytes.indices { bytes[index] = 0xff }
    guard offset < UInt64(Self.end) else { return }
    let offset = Int(offset)
    if offset == 0, bytes.count == 4 {
      bytes.storeBytes(of: state.withLock { $0.address }.littleEndian, as: UInt32.self)
    } else if offset == Self.resetOffset, bytes.count == 1 {
      bytes[0] = state.withLock { $0.resetControl.value }
    } else if let part = Self.dataPart(offset, bytes.count), let (slot, function, register) = selected {
      slots.read(
        slot, function, register + offset + part.lowerBound - Self.dataOffset,
        into: UnsafeMutableRawBufferPointer(rebasing: bytes[part]))
    }
  }

  func write(offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect {
    guard offset < UInt64(Self.end) else { return .none }
    let offset = Int(offset)
    if offset == 0, bytes.count == 4 {
      let address = UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
      state.withLock { $0.address = address & Self.writable }
    } else if offset == Self.resetOffset, bytes.count == 1 {
      return state.withLock { $0.resetControl.write(bytes[0]) }
    } else if let part = Self.dataPart(offset, bytes.count), let (slot, function, register) = selected {
      slots.write(
        slot, function, register + offset + part.lowerBound - Self.dataOffset,
        from: UnsafeRawBufferPointer(rebasing: bytes[part]))
    }
    return .none
  }

  /// Which of the bytes of an access fall on the data ports.
  private static func dataPart(_ offset: Int, _ count: Int) -> Range<Int>? {
    let first = max(dataOffset - offset, 0)
    let end = min(Self.end - offset, count)
    return first < end ? first..<end : nil
  }

  /// What the address register selects on bus 0, the only one.
  private var selected: (slot: Int, function: Int, register: Int)? {
    let address = state.withLock { $0.address }
    guard address & Self.enable != 0, address >> 16 & 0xff == 0 else { return nil }
    return (Int(address >> 11 & 31), Int(address >> 8 & 7), Int(address & 0xfc))
  }
}
