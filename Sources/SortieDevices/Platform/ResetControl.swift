/// The reset control register of Intel's south bridges (82371SB PIIX3 data sheet, section 2.4.5; ICH9 data sheet,
/// section 13.7.5), port 0xcf9. On PCs it is a byte inside the dword of the PCI host's configuration address, so the
/// host has it as a part.
///
/// A processor reset by INIT (bit 1 clear) is a reset of the machine too: there is no firmware that would find out what
/// was reset.
public struct ResetControl: BitwiseCopyable, Sendable {
  private static let resetProcessor: UInt8 = 1 << 2
  // Bit 1 chooses a reset of the system, bit 3 (ICH) a power cycle.
  private static let writable: UInt8 = 0b1110

  /// What the register reads as.
  public private(set) var value: UInt8 = 0

  /// The register after a reset.
  public init() {}

  /// Writes the register: ``DeviceEffect/reset`` when bit 2 goes from 0 to 1.
  public mutating func write(_ byte: UInt8) -> DeviceEffect {
    let rises = byte & ~value & Self.resetProcessor != 0
    value = byte & Self.writable
    return rises ? .reset : .none
  }
}
