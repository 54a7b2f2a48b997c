import SortieDevices

/// Accesses as values, the way a test writes them.
extension Device {
  func read(_ offset: UInt64, count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0x55, count: count)
    bytes.withUnsafeMutableBytes { read(offset: offset, into: $0) }
    return bytes
  }

  func readString(_ offset: UInt64, elementSize: Int, count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0x55, count: count)
    bytes.withUnsafeMutableBytes { readString(offset: offset, elementSize: elementSize, into: $0) }
    return bytes
  }

  @discardableResult
  func write(_ offset: UInt64, _ bytes: [UInt8]) -> DeviceEffect {
    bytes.withUnsafeBytes { write(offset: offset, from: $0) }
  }

  @discardableResult
  func writeString(_ offset: UInt64, elementSize: Int, _ bytes: [UInt8]) -> DeviceEffect {
    bytes.withUnsafeBytes { writeString(offset: offset, elementSize: elementSize, from: $0) }
  }
}

/// Accesses as the machine makes them: look up, then access at the slot.
extension Bus {
  func read(_ address: UInt64, in space: AddressSpace, elementSize: Int? = nil, count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0x55, count: count)
    bytes.withUnsafeMutableBytes { bytes in
      switch space {
      case .port:
        let port = UInt16(truncatingIfNeeded: address)
        readPort(port, at: lookupPort(port), elementSize: elementSize ?? count, into: bytes)
      case .memory:
        readMemory(address, at: lookupMemory(address), into: bytes)
      }
    }
    return bytes
  }

  @discardableResult
  func write(
    _ address: UInt64, in space: AddressSpace, elementSize: Int? = nil, _ bytes: [UInt8]
  ) -> DeviceEffect {
    bytes.withUnsafeBytes { raw in
      switch space {
      case .port:
        let port = UInt16(truncatingIfNeeded: address)
        return writePort(port, at: lookupPort(port), elementSize: elementSize ?? bytes.count, from: raw)
      case .memory:
        return writeMemory(address, at: lookupMemory(address), from: raw)
      }
    }
  }
}
