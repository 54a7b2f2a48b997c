/// An entry of the site dictionary: what distinguishes the place an exit comes from.
public struct SiteRow: TraceRow, Equatable {
  /// ``TableID/sites``.
  public static var table: TableID { .sites }

  /// Its index.
  public var site: UInt32
  /// `KVM_EXIT_*` or the hardware's reason; ``RoundTripRecord/noReason`` if none.
  public var reason: UInt32
  /// Port, guest physical address, MSR index or hypercall number.
  public var address: UInt64
  /// Bytes of one access.
  public var size: UInt8
  /// ``RoundTripRecord/Flags``.
  public var flags: RoundTripRecord.Flags
  /// Index into the device table; ``RoundTripRecord/noDevice`` if none.
  public var device: UInt16
  /// Guest RIP.
  public var rip: UInt64
  /// What RIP points at: 0 unknown, 1 this instruction, 2 the next.
  public var ripKind: UInt8

  /// A row with these values; `ripKind` follows from `flags`.
  public init(
    site: UInt32, reason: UInt32, address: UInt64, size: UInt8, flags: RoundTripRecord.Flags, device: UInt16,
    rip: UInt64
  ) {
    self.site = site
    self.reason = reason
    self.address = address
    self.size = size
    self.flags = flags
    self.device = device
    self.rip = rip
    ripKind = flags.contains(.ripIsCurrent) ? 1 : flags.contains(.ripIsNext) ? 2 : 0
  }

  /// A row as read.
  public init(_ values: TraceRowValues) throws(TraceError) {
    site = try values.required(.site)
    reason = try values.optional(.reason) ?? RoundTripRecord.noReason
    address = values.integer(.address) ?? 0
    size = try values.optional(.size) ?? 0
    flags = RoundTripRecord.Flags(rawValue: try values.optional(.flags) ?? 0)
    device = try values.optional(.device) ?? RoundTripRecord.noDevice
    rip = values.integer(.rip) ?? 0
    ripKind = try values.optional(.ripKind) ?? 0
  }

  /// Hands over the values.
  public func write(to builder: inout TraceRowBuilder) {
    builder.put(.site, site)
    builder.put(.reason, reason == RoundTripRecord.noReason ? nil : reason)
    builder.put(.address, address)
    builder.put(.size, size)
    builder.put(.flags, flags.rawValue)
    builder.put(.device, device == RoundTripRecord.noDevice ? nil : device)
    builder.put(.rip, rip)
    builder.put(.ripKind, ripKind)
  }

  /// The entries of `dictionary` from index `first` on.
  static func columnSet(_ dictionary: SiteDictionary, from first: Int) -> ColumnSet {
    var builder = TraceRowBuilder()
    for (offset, key) in dictionary.keys[first...].enumerated() {
      SiteRow(
        site: UInt32(first + offset), reason: key.reason, address: key.address, size: key.size,
        flags: RoundTripRecord.Flags(rawValue: key.flags), device: key.device, rip: key.rip
      ).write(to: &builder)
      builder.endRow()
    }
    return builder.columnSet
  }
}
