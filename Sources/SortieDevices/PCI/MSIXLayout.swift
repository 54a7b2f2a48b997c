/// Where a function has the table and the pending bits of MSI-X (PCI Local Bus Specification 3.0, section
/// 6.8.2).
public struct MSIXLayout: Sendable {
  /// A part of MSI-X and an offset in it.
  enum Part {
    case table(UInt64)
    case pendingBits(UInt64)
  }

  /// Vectors, 1 to 2048.
  public let vectors: Int
  /// The base address register that holds both.
  public let bar: Int
  /// Bytes from the start of the register to the table.
  public let tableOffset: UInt32
  /// Bytes from the start of the register to the pending bits.
  public let pendingOffset: UInt32

  /// `vectors` vectors with their table and pending bits at these offsets, multiples of 8 that leave room for
  /// both.
  public init(vectors: Int, bar: Int, tableOffset: UInt32, pendingOffset: UInt32) {
    precondition((1...2048).contains(vectors))
    precondition((0...5).contains(bar))
    precondition(tableOffset % 8 == 0 && pendingOffset % 8 == 0)
    self.vectors = vectors
    self.bar = bar
    self.tableOffset = tableOffset
    self.pendingOffset = pendingOffset
    precondition(!tableRange.overlaps(pendingRange))
  }

  /// Where the table is, 16 bytes a vector.
  public var tableRange: Range<UInt64> { UInt64(tableOffset)..<UInt64(tableOffset) + 16 * UInt64(vectors) }

  /// Where the pending bits are, in quadwords.
  public var pendingRange: Range<UInt64> {
    UInt64(pendingOffset)..<UInt64(pendingOffset) + 8 * UInt64((vectors + 63) / 64)
  }

  func part(bar: Int, offset: UInt64) -> Part? {
    guard bar == self.bar else { return nil }
    if tableRange.contains(offset) { return .table(offset - tableRange.lowerBound) }
    if pendingRange.contains(offset) { return .pendingBits(offset - pendingRange.lowerBound) }
    return nil
  }

  /// The capability (section 6.8.2.2): message control with the table's size less 1, then each part's offset
  /// with the register's number in its lowest bits.
  var capability: PCICapability {
    var body: [UInt8] = []
    let control = UInt16(vectors - 1)
    withUnsafeBytes(of: control.littleEndian) { body += $0 }
    for offset in [tableOffset, pendingOffset] {
      withUnsafeBytes(of: (offset | UInt32(bar)).littleEndian) { body += $0 }
    }
    return PCICapability(id: PCIHeader.msixCapability, body: body)
  }
}
