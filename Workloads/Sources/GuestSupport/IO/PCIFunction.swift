import CGuest
import GuestABI

/// A function on PCI bus 0, by configuration mechanism 1 (PCI Local Bus Specification 3.0, section 3.2.2.3.2). The machine
/// has given its base address registers their addresses, as firmware does.
public struct PCIFunction {
  private static let addressPort: UInt16 = 0xcf8
  private static let dataPort: UInt16 = 0xcfc
  private static let slots: UInt32 = 32

  /// What selects its configuration space: bit 31, bus, slot in bits 15:11, function.
  private let selector: UInt32

  /// The function in the lowest slot that has these identifiers; a machine without one ends the run.
  public init(vendor: UInt32, device: UInt32) {
    for slot in 0..<Self.slots {
      let function = PCIFunction(selector: 1 &<< 31 | slot &<< 11)
      if function.read(0) == device &<< 16 | vendor {
        self = function
        return
      }
    }
    fail("this machine does not have the PCI device", SORTIE_EXIT_UNSUPPORTED)
  }

  private init(selector: UInt32) { self.selector = selector }

  /// Reads the doubleword at `offset`.
  public func read(_ offset: UInt32) -> UInt32 {
    outl(Self.addressPort, selector | offset)
    return inl(Self.dataPort)
  }

  /// Writes the doubleword at `offset`.
  public func write(_ offset: UInt32, _ value: UInt32) {
    outl(Self.addressPort, selector | offset)
    outl(Self.dataPort, value)
  }

  /// Lets it answer in its base address registers, and master the bus (command register, section 6.2.2). The status behind
  /// the command is cleared by ones, so zeroes leave it as it is.
  public func enable() { write(0x04, read(0x04) & 0xffff | 0x7) }

  /// Where base address register `number` answers in memory; its high half is 0 in this machine (section 6.2.5.1).
  public func memory(_ number: UInt32) -> UInt64 { UInt64(read(0x10 &+ 4 &* number) & ~0xf) }

  /// Where base address register `number` answers in ports.
  public func ports(_ number: UInt32) -> UInt16 {
    UInt16(truncatingIfNeeded: read(0x10 &+ 4 &* number) & ~0x3)
  }

  /// The offset of its first capability (section 6.7), 0 if it has none. The byte behind a capability's identifier is the
  /// offset of the next.
  public var firstCapability: UInt32 { read(0x34) & 0xfc }
}
