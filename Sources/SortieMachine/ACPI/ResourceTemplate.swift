/// What a device uses or, as a bridge, hands on: the descriptors of a `_CRS` buffer.
///
/// Source: ACPI 6.5, section 6.4 (resource data types).
struct ResourceTemplate {
  private var bytes: [UInt8] = []

  /// The template as an AML buffer.
  var aml: [UInt8] {
    // The end tag's checksum of 0 stands for "not checked" (section 6.4.2.9).
    AML.buffer(bytes + [0x79, 0])
  }

  /// `count` ports from `base` on, decoded with 16 bits.
  mutating func ports(_ base: UInt16, count: UInt8) {
    bytes += [0x47, 1]
    bytes.append(field: base)
    bytes.append(field: base)
    bytes += [1, count]
  }

  /// An ISA interrupt, edge triggered and active high.
  mutating func interrupt(_ irq: UInt32) {
    bytes.append(0x22)
    bytes.append(field: UInt16(1) << irq)
  }

  /// A fixed range of memory below 4 GiB that is read and written.
  mutating func memory(_ range: Range<UInt64>) {
    bytes += [0x86, 9, 0, 1]
    bytes.append(field: UInt32(range.lowerBound))
    bytes.append(field: UInt32(range.count))
  }

  /// A range that a bridge hands on.
  enum Window {
    /// Memory, read and written, not cached.
    case memory
    /// Ports, for ISA and other devices.
    case ports
    /// Numbers of buses.
    case buses

    fileprivate var header: [UInt8] {
      // Type, flags (both ends fixed, decoded positively), flags of the type.
      switch self {
      case .memory: [0, 0x0c, 0x01]
      case .ports: [1, 0x0c, 0x03]
      case .buses: [2, 0x0c, 0x00]
      }
    }
  }

  /// A window of `range`, in a descriptor with fields as wide as `type`; addresses are the same on both sides.
  mutating func window<T: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
    _ window: Window, _ range: Range<UInt64>, as type: T.Type
  ) {
    let tag: UInt8 = T.bitWidth == 16 ? 0x88 : T.bitWidth == 32 ? 0x87 : 0x8a
    bytes.append(tag)
    bytes.append(field: UInt16(3 + 5 * MemoryLayout<T>.size))
    bytes += window.header
    for field in [0, range.lowerBound, range.upperBound - 1, 0, UInt64(range.count)] {
      bytes.append(field: T(field))
    }
  }
}
