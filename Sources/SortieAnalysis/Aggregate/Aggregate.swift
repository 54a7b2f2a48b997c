public import SortieTrace

/// What VMs did while they were observed, as histograms and sums: its size does not grow with time.
///
/// A ``LiveAnalysis`` adds to it; a trace of its ``rows`` is analysed like any other.
public struct Aggregate: Sendable {
  /// A vCPU, or with nil all those of a VM.
  struct Owner: Hashable {
    var vm: UInt32
    var vcpu: UInt32?
  }

  /// What one vCPU did.
  private struct VCPU {
    /// Of timelines that are over.
    var ended = VCPUSums()
    /// Of the one that goes on, so far.
    var running = VCPUSums()
    /// From the first to the last it was observed, host TSC.
    var time: ClosedRange<UInt64>
    /// Stays in the machine monitor that the guest caused.
    var stays = Distribution()
  }

  private var vcpus: [Owner: VCPU] = [:]
  /// By VM, and of all together, by site.
  private var sites: [UInt32: [AggregateSite: SiteSums]] = [:]
  private var siteCount = 0
  /// Events of sites that found no place of their own.
  private(set) var folded: UInt64 = 0

  /// Sites that are told apart, of all VMs: a guest that does not want to fill the table has some tens. The same holds for
  /// what is read from a file.
  static let siteLimit = 4096

  /// Of nothing.
  public init() {}

  /// A vCPU was observed for `time` and did this, in addition to timelines of it that are over. `isOver`: this one is, too.
  mutating func set(
    _ sums: VCPUSums, vm: UInt32, vcpu: UInt32, time: ClosedRange<UInt64>, isOver: Bool
  ) {
    let owner = Owner(vm: vm, vcpu: vcpu)
    var known = vcpus[owner] ?? VCPU(time: time)
    known.running = isOver ? VCPUSums() : sums
    if isOver { known.ended.add(sums) }
    known.time =
      min(known.time.lowerBound, time.lowerBound)...max(known.time.upperBound, time.upperBound)
    vcpus[owner] = known
  }

  /// A vCPU that was added before stayed in the machine monitor for so long.
  mutating func add(stays: Distribution, vm: UInt32, vcpu: UInt32) {
    vcpus[Owner(vm: vm, vcpu: vcpu)]?.stays.add(stays)
  }

  /// The vCPUs, by VM and number.
  var vcpuRows: [(owner: Owner, sums: VCPUSums, time: ClosedRange<UInt64>, stays: Distribution)] {
    vcpus.sorted { ($0.key.vm, $0.key.vcpu ?? 0) < ($1.key.vm, $1.key.vcpu ?? 0) }.map { owner, vcpu in
      var sums = vcpu.ended
      sums.add(vcpu.running)
      return (owner, sums, vcpu.time, vcpu.stays)
    }
  }

  /// The sites of all VMs.
  var siteRows: [(vm: UInt32, site: AggregateSite, sums: SiteSums)] {
    sites.flatMap { vm, found in found.map { (vm, $0.key, $0.value) } }
  }

  mutating func add(_ site: AggregateSite, _ sums: SiteSums, vm: UInt32) {
    var site = site
    if sites[vm]?[site] == nil {
      if siteCount >= Self.siteLimit, site != .heavy, site != site.folded {
        site = site.folded
        folded &+= sums.numbers.count
      } else {
        siteCount += 1
      }
    }
    sites[vm, default: [:]][site, default: SiteSums()].add(sums)
  }

  /// What a trace says was kept.
  ///
  /// - Throws: what the source throws.
  init<Source: AnalysisSource>(_ source: Source) throws(Source.Failure) {
    let sums = try source.rows(SumRow.self)
    guard !sums.isEmpty else { return }
    var described: [UInt32: AggregateSite] = [:]
    for row in try source.rows(AggregateSiteRow.self) { described[row.site] = AggregateSite(row) }
    var read: [Place: Read] = [:]
    /// nil: it is of a kind that this version does not know, or of more than a file can tell apart.
    func place(_ owner: Owner, _ site: UInt32?) -> Place? {
      guard let site else { return Place(owner: owner) }
      guard let found = described[site] else { return nil }
      return Place(owner: owner, site: found)
    }
    for row in sums {
      let time = min(row.since, row.until)...max(row.since, row.until)
      guard let place = place(Owner(vm: row.vm, vcpu: row.vcpu), row.site),
        read[place] != nil || read.count < Self.readLimit
      else { continue }
      var known = read[place] ?? Read(time: time)
      known.time = min(known.time.lowerBound, time.lowerBound)...max(known.time.upperBound, time.upperBound)
      let before = known.numbers[row.name, default: 0]
      known.numbers[row.name] = row.name == SiteSums.maximum ? max(before, row.number) : before &+ row.number
      read[place] = known
    }
    for row in try source.rows(HistogramRow.self) {
      guard let place = place(Owner(vm: row.vm, vcpu: row.vcpu), row.site) else { continue }
      read[place]?.buckets.append(
        Distribution.Bucket(lowest: row.lowest, highest: row.highest, count: row.count))
    }
    // The vCPUs first: stays belong to one that is known.
    for (place, read) in read {
      guard place.site == nil, let vcpu = place.owner.vcpu else { continue }
      set(VCPUSums(read.numbers), vm: place.owner.vm, vcpu: vcpu, time: read.time, isOver: true)
    }
    for (place, read) in read {
      guard let site = place.site else {
        if place.owner.vcpu == nil { folded &+= read.numbers[Self.foldedName] ?? 0 }
        continue
      }
      let cycles = Distribution(
        buckets: read.buckets, sum: read.numbers[SiteSums.sum] ?? 0,
        maximum: read.numbers[SiteSums.maximum] ?? 0)
      if let vcpu = place.owner.vcpu {
        add(stays: cycles, vm: place.owner.vm, vcpu: vcpu)
      } else {
        add(
          site, SiteSums(cycles: cycles, numbers: SiteSums.Numbers(read.numbers)), vm: place.owner.vm)
      }
    }
  }

  private static let foldedName = "folded_sites"

  /// Where numbers of a file belong.
  private struct Place: Hashable {
    var owner: Owner
    var site: AggregateSite?
  }

  private struct Read {
    var time: ClosedRange<UInt64>
    var numbers: [String: UInt64] = [:]
    var buckets: [Distribution.Bucket] = []
  }

  /// Owners and sites of theirs that a file can have: vCPUs, sites of VMs.
  private static let readLimit = 16384

  /// The rows that a trace has of it.
  public struct Rows: Sendable {
    /// What the others are of.
    public var sites: [AggregateSiteRow] = []
    /// Durations.
    public var histograms: [HistogramRow] = []
    /// All else.
    public var sums: [SumRow] = []
  }

  /// All of it, as rows.
  public var rows: Rows {
    var rows = Rows()
    var numbers: [AggregateSite: UInt32] = [:]
    func number(_ site: AggregateSite) -> UInt32 {
      if let known = numbers[site] { return known }
      let number = UInt32(numbers.count)
      numbers[site] = number
      rows.sites.append(site.row(number))
      return number
    }
    func append<Sums: NamedSums>(
      _ sums: Sums, _ owner: Owner, _ time: ClosedRange<UInt64>, site: UInt32? = nil
    ) {
      for field in Sums.fields where sums[keyPath: field.path] > 0 {
        append(field.name, sums[keyPath: field.path], owner, time, site)
      }
    }
    func append(
      _ name: String, _ sum: UInt64, _ owner: Owner, _ time: ClosedRange<UInt64>, _ site: UInt32?
    ) {
      rows.sums.append(
        SumRow(
          since: time.lowerBound, until: time.upperBound, vm: owner.vm, vcpu: owner.vcpu, site: site,
          name: name, number: sum))
    }
    func append(_ cycles: Distribution, _ owner: Owner, _ time: ClosedRange<UInt64>, _ site: UInt32) {
      guard cycles.count > 0 else { return }
      for bucket in cycles.buckets {
        rows.histograms.append(
          HistogramRow(
            vm: owner.vm, vcpu: owner.vcpu, site: site, lowest: bucket.lowest, highest: bucket.highest,
            count: bucket.count))
      }
      append(SiteSums.sum, cycles.sum, owner, time, site)
      append(SiteSums.maximum, cycles.maximum, owner, time, site)
    }
    for vcpu in vcpuRows {
      append(vcpu.sums, vcpu.owner, vcpu.time)
      if vcpu.stays.count > 0 { append(vcpu.stays, vcpu.owner, vcpu.time, number(.heavy)) }
    }
    if folded > 0, let first = vcpuRows.first {
      append(Self.foldedName, folded, Owner(vm: first.owner.vm), first.time, nil)
    }
    for (vm, found) in sites.sorted(by: { $0.key < $1.key }) {
      let owner = Owner(vm: vm)
      let times = vcpus.filter { $0.key.vm == vm }.map(\.value.time)
      guard let first = times.map(\.lowerBound).min(), let last = times.map(\.upperBound).max() else {
        continue
      }
      for (site, sums) in found {
        append(sums.numbers, owner, first...last, site: number(site))
        append(sums.cycles, owner, first...last, number(site))
      }
    }
    return rows
  }
}
