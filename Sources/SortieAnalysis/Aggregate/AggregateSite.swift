import SortieTrace

/// What the exits have in common that a histogram or a sum of an aggregate is of.
enum AggregateSite: Hashable {
  /// Round trips of a site.
  case roundTrips(SiteKey)
  /// Exits that the kernel handled itself; nil: all that found no place of their own.
  case handled(LightSite?)
  /// Exits of a hardware reason; nil: all that found no place of their own.
  case reason(HardwareExitReason?)
  /// All exits with a round trip that the guest caused.
  case heavy

  /// What it becomes where there is no place for more.
  var folded: AggregateSite {
    switch self {
    case .roundTrips: .roundTrips(.folded)
    case .handled: .handled(nil)
    case .reason: .reason(nil)
    case .heavy: .heavy
    }
  }

  /// It is what others become, or the only one of its kind: there is always a place for it.
  var isFolded: Bool { self == folded }

  /// The site that a row describes; nil where this version does not know its kind.
  init?(_ row: AggregateSiteRow) {
    let reason = row.reason.map { HardwareExitReason(isa: row.isa ?? 0, number: $0) }
    switch row.population {
    case .roundTrips?:
      self = .roundTrips(
        SiteKey(
          RoundTripRecord(
            address: row.address ?? 0, reason: row.reason ?? RoundTripRecord.noReason,
            device: row.device ?? RoundTripRecord.noDevice, size: row.size ?? 0, flags: row.flags ?? [])))
    case .otherRoundTrips?: self = .roundTrips(.folded)
    case .handled?:
      self = .handled(
        reason.map { LightSite(reason: $0, label: row.name ?? $0.label, detail: row.detail) })
    case .reason?: self = .reason(reason)
    case .heavy?: self = .heavy
    case nil: return nil
    }
  }

  /// Its row, as number `site`.
  func row(_ site: UInt32) -> AggregateSiteRow {
    switch self {
    case .roundTrips(let key) where key.kind == .folded:
      return AggregateSiteRow(site: site, population: .otherRoundTrips)
    case .roundTrips(let key):
      var flags: RoundTripRecord.Flags = key.isWrite ? .write : []
      if key.kind == .kick { flags.insert(.kick) }
      if key.kind == .coalesced { flags.insert(.coalesced) }
      return AggregateSiteRow(
        site: site, population: .roundTrips,
        reason: key.reason == RoundTripRecord.noReason ? nil : key.reason, address: key.address,
        size: key.size, flags: flags, device: key.device == RoundTripRecord.noDevice ? nil : key.device)
    case .handled(let light):
      return AggregateSiteRow(
        site: site, population: .handled, isa: light?.reason.isa, reason: light?.reason.number,
        name: light?.label, detail: light?.detail)
    case .reason(let reason):
      return AggregateSiteRow(site: site, population: .reason, isa: reason?.isa, reason: reason?.number)
    case .heavy: return AggregateSiteRow(site: site, population: .heavy)
    }
  }
}
