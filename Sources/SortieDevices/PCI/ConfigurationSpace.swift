/// The configuration space of one function: bytes, and for each bit whether the guest may write it (PCI Local
/// Bus Specification 3.0, chapter 6). It has the size that memory-mapped configuration gives each function
/// (PCI Express Base Specification 3.0, section 7.2.2); what lies beyond the 256 bytes of PCI reads as zero,
/// an empty list.
///
/// Registers are little endian. Offsets of the device's own accesses are the device's to get right; those of
/// the guest's accesses are any.
public struct ConfigurationSpace: Sendable {
  /// Bytes of a function's configuration space.
  public static let size = 4096
  /// Bytes that configuration mechanism 1 reaches.
  public static let legacySize = 256

  private var bytes = [UInt8](repeating: 0, count: size)
  private var writable = [UInt8](repeating: 0, count: size)
  private var clearable = [UInt8](repeating: 0, count: size)
  private var lastLink = PCIHeader.capabilities
  private var freeOffset = PCIHeader.end

  /// A space of zeros that cannot be written.
  public init() {}

  /// The register at `offset`.
  public func value<Value: FixedWidthInteger & UnsignedInteger>(
    at offset: Int, as type: Value.Type = Value.self
  ) -> Value {
    var value: Value = 0
    for index in (0..<Value.bitWidth / 8).reversed() { value = value << 8 | Value(bytes[offset + index]) }
    return value
  }

  /// Sets the register at `offset`, whatever the guest may write of it.
  public mutating func set<Value: FixedWidthInteger & UnsignedInteger>(_ value: Value, at offset: Int) {
    Self.spread(value, over: &bytes, at: offset)
  }

  /// Lets the guest write the bits of `mask` in the register at `offset`.
  public mutating func allowWriting<Value: FixedWidthInteger & UnsignedInteger>(
    _ mask: Value, at offset: Int
  ) {
    Self.spread(mask, over: &writable, at: offset)
  }

  /// Lets the guest clear the bits of `mask` in the register at `offset` by writing ones (RW1C).
  public mutating func allowClearing<Value: FixedWidthInteger & UnsignedInteger>(
    _ mask: Value, at offset: Int
  ) {
    Self.spread(mask, over: &clearable, at: offset)
  }

  private static func spread<Value: FixedWidthInteger & UnsignedInteger>(
    _ value: Value, over bytes: inout [UInt8], at offset: Int
  ) {
    for index in 0..<Value.bitWidth / 8 {
      bytes[offset + index] = UInt8(truncatingIfNeeded: value >> Value(8 * index))
    }
  }

  /// Appends a capability to the list (section 6.7) at the next free doubleword.
  ///
  /// - Returns: its offset.
  public mutating func append(_ capability: PCICapability) -> Int {
    let offset = freeOffset
    let end = offset + 2 + capability.body.count
    precondition(end <= Self.legacySize, "the capabilities of a function fit into 256 bytes")
    bytes[offset] = capability.id
    for (index, byte) in capability.body.enumerated() { bytes[offset + 2 + index] = byte }
    for (index, mask) in capability.writable.enumerated() { writable[offset + 2 + index] = mask }
    bytes[lastLink] = UInt8(offset)
    lastLink = offset + 1
    freeOffset = (end + 3) & ~3
    set(value(at: PCIHeader.status) | PCIHeader.capabilityList, at: PCIHeader.status)
    return offset
  }

  /// The guest reads; past the end all ones.
  public func read(offset: Int, into destination: UnsafeMutableRawBufferPointer) {
    for index in destination.indices {
      let (register, overflow) = offset.addingReportingOverflow(index)
      destination[index] = overflow || !bytes.indices.contains(register) ? 0xff : bytes[register]
    }
  }

  /// The guest writes; what it may not write stays.
  public mutating func write(offset: Int, from source: UnsafeRawBufferPointer) {
    for index in source.indices {
      let (register, overflow) = offset.addingReportingOverflow(index)
      guard !overflow, bytes.indices.contains(register) else { return }
      let value = source[index]
      bytes[register] =
        (bytes[register] & ~writable[register] | value & writable[register]) & ~(value & clearable[register])
    }
  }
}

/// An entry of a function's capability list (PCI Local Bus Specification 3.0, section 6.7).
public struct PCICapability: Sendable {
  /// Capability ID (appendix H).
  public var id: UInt8
  /// What follows ID and link.
  public var body: [UInt8]
  /// Which bits of the body the guest may write; none behind its end.
  public var writable: [UInt8]

  /// A capability of these bytes.
  public init(id: UInt8, body: [UInt8], writable: [UInt8] = []) {
    precondition(writable.count <= body.count)
    self.id = id
    self.body = body
    self.writable = writable
  }
}
