import CGuest

/// The I/O APIC: registers behind an index and a window (Intel 82093AA, section 3.1).
public enum IOAPIC {
  private static let index: UInt64 = 0xfec0_0000
  private static let window: UInt64 = 0xfec0_0010

  /// What makes a vector one that comes as long as the pin is up, and no longer of its edges.
  static let levelTriggered: UInt32 = 1 << 15
  /// What keeps a vector from coming.
  static let masked: UInt32 = 1 << 16

  /// Sends edges of `pin`, or its level, as `vector` to the processor of APIC ID 0, which the upper half of an entry names
  /// after reset: two accesses.
  public static func route(pin: UInt32, to vector: UInt32) {
    mmio_write32(index, 0x10 + 2 &* pin)
    mmio_write32(window, vector)  // fixed, physical, active high
  }
}
