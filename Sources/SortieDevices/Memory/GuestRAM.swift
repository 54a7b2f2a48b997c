/// The guest's memory as a device that masters the bus sees it: RAM below the hole for devices, and RAM from 4 GiB up.
///
/// Addresses and lengths come from the guest, so each access is checked; nothing here reads or writes outside RAM. The
/// guest changes the bytes at any time: what is read once must not be read again and taken for the same.
///
/// Whoever makes it keeps the mapping alive for as long as any device runs.
public struct GuestRAM: @unchecked Sendable {
  /// Where the RAM that does not fit below the hole begins.
  public static let highStart: UInt64 = 1 << 32

  /// The host's view of guest physical address 0, followed by the RAM from ``highStart`` up.
  public let base: UnsafeMutableRawPointer
  /// Bytes of RAM from address 0.
  public let lowBytes: UInt64
  /// Bytes of RAM from ``highStart``.
  public let highBytes: UInt64

  /// RAM of `lowBytes` from address 0 and `highBytes` from ``highStart``, one after the other at `base`.
  public init(base: UnsafeMutableRawPointer, lowBytes: UInt64, highBytes: UInt64 = 0) {
    precondition(lowBytes <= Self.highStart)
    self.base = base
    self.lowBytes = lowBytes
    self.highBytes = highBytes
  }

  /// The host's view of `count` bytes at guest physical address `address`; nil when any of them is not RAM.
  @inlinable
  public func bytes(at address: UInt64, count: UInt64) -> UnsafeMutableRawBufferPointer? {
    let offset: UInt64
    if count <= lowBytes, address <= lowBytes - count {
      offset = address
    } else if address >= Self.highStart, count <= highBytes, address - Self.highStart <= highBytes - count {
      offset = lowBytes + (address - Self.highStart)
    } else {
      return nil
    }
    return UnsafeMutableRawBufferPointer(start: base + Int(offset), count: Int(count))
  }
}
