/// A base address register of a function: so many addresses that the guest places (PCI Local Bus
/// Specification 3.0, section 6.2.5.1).
public struct PCIBAR: Sendable {
  /// What a register decodes.
  public enum Kind: Sendable {
    /// Memory, with an address of 32 bits.
    case memory32
    /// Memory, with an address of 64 bits in this register and the next.
    case memory64
    /// I/O ports.
    case ports
  }

  /// Number of the (first) register, 0 to 5.
  public let index: Int
  /// What it decodes.
  public let kind: Kind
  /// Bytes or ports, a power of two.
  public let size: UInt64
  /// What reports call the device behind it.
  public let name: String

  /// A register `index` for `size` addresses: a power of two from 16 bytes to 2 GiB of memory, from 4 to 256
  /// ports.
  public init(_ index: Int, _ kind: Kind, size: UInt64, name: String) {
    precondition((0...(kind == .memory64 ? 4 : 5)).contains(index))
    precondition(size.nonzeroBitCount == 1)
    precondition((kind == .ports ? 4...256 : 16...(1 << 31)).contains(size))
    self.index = index
    self.kind = kind
    self.size = size
    self.name = name
  }

  /// The space that it decodes.
  public var space: AddressSpace { kind == .ports ? .port : .memory }

  /// The read-only bits at the bottom of the register, which say its kind.
  var flags: UInt32 {
    switch kind {
    case .memory32: 0b000
    case .memory64: 0b100
    case .ports: 0b001
    }
  }

  /// Where the register stands in configuration space.
  var offset: Int { PCIHeader.firstBAR + 4 * index }
}
