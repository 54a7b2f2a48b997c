/// The round trips of one block by column: one array per field, one element per round trip.
public struct RoundTripColumns: Sendable {
  /// Round trips.
  public let count: Int
  /// `KVM_RUN` returned, host TSC cycles; 0 where the stamp was not taken. So for the other stamps.
  public let u0: [UInt64]
  /// Device model entered.
  public let d0: [UInt64]
  /// Device model left.
  public let d1: [UInt64]
  /// Just before the next `KVM_RUN`.
  public let u1: [UInt64]
  /// Index into ``TraceFile/sites``; ``noSite`` where the row carries its fields itself.
  public let site: [UInt64]
  /// Elements of a string instruction.
  public let elements: [UInt64]
  /// errno of `KVM_RUN`.
  public let errno: [UInt64]
  /// Physical CPU; ``RoundTripRecord/noCPU`` if unknown.
  public let physicalCPU: [UInt64]

  /// What `site` says where the row is not in the dictionary.
  public static let noSite = UInt64.max

  /// Fields of rows without a site; empty where every row has one.
  private let own: [SiteRow?]
  private let sites: [SiteRow?]

  init(_ set: ColumnSet, sites: [SiteRow?]) {
    count = set.count
    self.sites = sites
    func integers(_ id: ColumnID, absent: UInt64 = 0) -> [UInt64] {
      guard let column = set[id], case .integers(var values) = column.values else {
        return [UInt64](repeating: absent, count: set.count)
      }
      if absent != 0, column.presence != nil {
        for row in values.indices where !column.isPresent(row) { values[row] = absent }
      }
      return values
    }
    u0 = integers(.u0)
    d0 = integers(.d0)
    d1 = integers(.d1)
    u1 = integers(.u1)
    let site = integers(.site, absent: Self.noSite)
    self.site = site
    elements = integers(.count)
    errno = integers(.errno)
    physicalCPU = integers(.physicalCPU, absent: UInt64(RoundTripRecord.noCPU))
    guard set[.address] != nil else {
      own = []
      return
    }
    let reason = integers(.reason, absent: UInt64(RoundTripRecord.noReason))
    let address = integers(.address)
    let size = integers(.size)
    let flags = integers(.flags)
    let device = integers(.device, absent: UInt64(RoundTripRecord.noDevice))
    let rip = integers(.rip)
    own = site.indices.map { row in
      guard site[row] == Self.noSite else { return nil }
      return SiteRow(
        site: .max, reason: UInt32(truncatingIfNeeded: reason[row]), address: address[row],
        size: UInt8(truncatingIfNeeded: size[row]),
        flags: RoundTripRecord.Flags(rawValue: UInt8(truncatingIfNeeded: flags[row])),
        device: UInt16(truncatingIfNeeded: device[row]), rip: rip[row])
    }
  }

  /// What distinguishes the place round trip `row` comes from; nil where its dictionary entry was lost with the file.
  public func place(_ row: Int) -> SiteRow? {
    if let index = Int(exactly: site[row]) { return index < sites.count ? sites[index] : nil }
    return own.isEmpty ? nil : own[row]
  }

  /// Round trip `row` as it was recorded; its reason is ``RoundTripRecord/lostReason`` where the dictionary entry was
  /// lost with the file.
  public func record(_ row: Int) -> RoundTripRecord {
    var record = RoundTripRecord(
      u0: u0[row], d0: d0[row], d1: d1[row], u1: u1[row], reason: RoundTripRecord.lostReason,
      count: UInt32(truncatingIfNeeded: elements[row]),
      physicalCPU: UInt16(truncatingIfNeeded: physicalCPU[row]),
      errno: UInt16(truncatingIfNeeded: errno[row]))
    guard let place = place(row) else { return record }
    record.rip = place.rip
    record.address = place.address
    record.reason = place.reason
    record.device = place.device
    record.size = place.size
    record.flags = place.flags
    return record
  }
}

/// The guest spans of one block by column, guest TSC cycles.
public struct GuestSpanColumns: Sendable {
  /// Spans.
  public let count: Int
  /// Before the instruction.
  public let g0: [UInt64]
  /// After it.
  public let g1: [UInt64]
}

extension TraceFile {
  /// The round trips of `block`, of a `vmm` stream. Throws as ``decode(_:)``.
  public func roundTrips(in block: TraceBlock) throws(TraceError) -> RoundTripColumns {
    RoundTripColumns(try decode(block), sites: sites)
  }

  /// Calls `body` with every round trip of `stream` in the order of recording. Throws as ``decode(_:)``, at the first
  /// block that cannot be decoded.
  public func forEachRoundTrip(
    of stream: StreamID, _ body: (RoundTripRecord) -> Void
  ) throws(TraceError) {
    for block in blocks where block.stream == stream {
      let columns = try roundTrips(in: block)
      for row in 0..<columns.count { body(columns.record(row)) }
    }
  }

  /// The guest spans of `block`, of a `guest` stream. Throws as ``decode(_:)``.
  public func guestSpans(in block: TraceBlock) throws(TraceError) -> GuestSpanColumns {
    let set = try decode(block)
    guard case .integers(let g0) = set[.g0]?.values, case .integers(let g1) = set[.g1]?.values else {
      throw .corrupted(offset: block.offset, what: "guest spans without their stamps")
    }
    return GuestSpanColumns(count: set.count, g0: g0, g1: g1)
  }
}
