/// Registers of a byte each: an 8-bit device on an ISA bus sees a wider access as bytes at consecutive addresses.
enum ByteRegisters {
  /// Reads the registers from `offset` on; those from `count` on read as all ones.
  @inline(__always)
  static func read(
    offset: UInt64, into bytes: UnsafeMutableRawBufferPointer, count: UInt64, _ body: (UInt8) -> UInt8
  ) {
    for index in bytes.indices {
      let (register, overflow) = offset.addingReportingOverflow(UInt64(index))
      bytes[index] = overflow || register >= count ? 0xff : body(UInt8(truncatingIfNeeded: register))
    }
  }

  /// Writes the registers from `offset` on, in the order of addresses, up to the first with an effect. What lies from
  /// `count` on is not written.
  @inline(__always)
  static func write(
    offset: UInt64, from bytes: UnsafeRawBufferPointer, count: UInt64, _ body: (UInt8, UInt8) -> DeviceEffect
  ) -> DeviceEffect {
    for index in bytes.indices {
      let (register, overflow) = offset.addingReportingOverflow(UInt64(index))
      guard !overflow, register < count else { break }
      let effect = body(UInt8(truncatingIfNeeded: register), bytes[index])
      guard effect == .none else { return effect }
    }
    return .none
  }
}
