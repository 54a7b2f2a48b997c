import SortieTrace

/// What was measured of one site at one instruction, on one vCPU.
struct Cell {
  /// Index into the table's sites.
  let site: Int
  /// Guest RIP as the round trips report it; 0 where instructions are folded together.
  let rip: UInt64
  let ripKind: RIPKind
  /// Instructions are told apart.
  let hasRIP: Bool
  var count: UInt64 = 0
  /// Elements of string instructions.
  var elements: UInt64 = 0
  /// `u1 - u0`, where both were taken.
  var cycles = Distribution()
  /// `d1 - d0`, where both were taken.
  var deviceCycles: UInt64 = 0
  var deviceCount: UInt64 = 0

  /// What was measured, which begins anew.
  mutating func take() -> Cell {
    defer {
      (count, elements, deviceCycles, deviceCount) = (0, 0, 0, 0)
      cycles = Distribution()
    }
    return self
  }
}

/// The cells of one vCPU. Its size is bounded whatever the guest does: first instructions, then sites fold together.
struct CellTable {
  private(set) var sites: [SiteKey] = []
  var cells: [Cell] = []
  private(set) var foldedInstructions: UInt64 = 0
  private(set) var foldedSites: UInt64 = 0
  private var siteIndex: [SiteKey: Int] = [:]
  private var cellIndex: [Key: Int] = [:]
  private var recent: [Recent]
  private let limit: Int

  /// Everything that tells cells apart, packed for a cheap comparison.
  private struct Key: Hashable {
    /// Reason, device, size, flags.
    var facts: UInt64
    var address: UInt64
    var rip: UInt64
  }

  private struct Recent {
    var key: Key
    var cell: Int
  }

  private static let recentBits: UInt64 = 12
  private static let keyFlags: RoundTripRecord.Flags = [
    .write, .ripIsCurrent, .ripIsNext, .kick, .coalesced,
  ]

  /// A table of at most `limit` cells, and one more for what is folded.
  init(limit: Int) {
    self.limit = limit
    let none = Recent(key: Key(facts: 0, address: 0, rip: 0), cell: -1)
    recent = Array(repeating: none, count: 1 << Self.recentBits)
  }

  /// The cell of a round trip. Most round trips repeat a recent key, so that they cost one comparison and no hashing.
  mutating func cell(for record: RoundTripRecord) -> Int {
    var key = Key(
      facts: UInt64(record.reason) << 32 | UInt64(record.device) << 16 | UInt64(record.size) << 8
        | UInt64(record.flags.intersection(Self.keyFlags).rawValue),
      address: record.address, rip: record.rip)
    if record.isKick {
      key.facts = UInt64(record.flags.intersection([.kick, .ripIsCurrent, .ripIsNext]).rawValue)
      key.address = 0
    }
    let mixed = (key.address &* 0x9e37_79b9_7f4a_7c15) ^ (key.rip &* 0xc2b2_ae3d_27d4_eb4f) ^ key.facts
    let slot = Int((mixed &* 0xff51_afd7_ed55_8ccd) >> (64 - Self.recentBits))
    if recent[slot].cell >= 0, recent[slot].key == key { return recent[slot].cell }
    let cell = cellIndex[key] ?? insert(key, record)
    recent[slot] = Recent(key: key, cell: cell)
    return cell
  }

  private mutating func insert(_ key: Key, _ record: RoundTripRecord) -> Int {
    if cells.count < limit * 3 / 4 {
      return append(key, site: SiteKey(record), rip: record.knownRIP, kind: RIPKind(record.flags))
    }
    foldedInstructions &+= 1
    var folded = key
    folded.rip = .max
    if let known = cellIndex[folded] { return known }
    if cells.count < limit { return append(folded, site: SiteKey(record), rip: nil, kind: .unknown) }
    foldedSites &+= 1
    let rest = Key(facts: .max, address: .max, rip: .max)
    return cellIndex[rest] ?? append(rest, site: .folded, rip: nil, kind: .unknown)
  }

  private mutating func append(_ key: Key, site: SiteKey, rip: UInt64?, kind: RIPKind) -> Int {
    let known = siteIndex[site] ?? sites.count
    if known == sites.count {
      sites.append(site)
      siteIndex[site] = known
    }
    cellIndex[key] = cells.count
    cells.append(Cell(site: known, rip: rip ?? 0, ripKind: kind, hasRIP: rip != nil))
    return cells.count - 1
  }
}

extension RoundTripRecord {
  /// RIP, unless the recorder had none: 0, and nothing said what it points at.
  fileprivate var knownRIP: UInt64? { rip == 0 && RIPKind(flags) == .unknown ? nil : rip }
}
