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
    /// From the first to the last that those that are over were observed, host TSC; nil: there are none.
    var endedTime: ClosedRange<UInt64>?
    /// The same of the one that goes on.
    var runningTime: ClosedRange<UInt64>?
    /// Stays in the machine monitor that the guest caused.
    var stays = Distribution()
  }

  private var vcpus: [Owner: VCPU] = [:]
  /// By VM, and of all its vCPUs together, by site.
  private var sites: [UInt32: [AggregateSite: SiteSums]] = [:]
  /// Of them, those that are told apart from all others.
  private var siteCount = 0
  /// Events of sites that found no place of their own.
  private(set) var folded: UInt64 = 0
  /// Sites and vCPUs of a file that were not read.
  private(set) var unread: UInt64 = 0

  /// Sites that are told apart, of all VMs: a guest that does not want to fill the table has some tens.
  static let siteLimit = 4096

  /// Of nothing.
  public init() {}

  /// A vCPU was observed for `time` and did this, in addition to timelines of it that are over. `isOver`: this one is, too.
  mutating func set(
    _ sums: VCPUSums, vm: UInt32, vcpu: UInt32, time: ClosedRange<UInt64>, isOver: Bool
  ) {
    let owner = Owner(vm: vm, vcpu: vcpu)
    var known = vcpus[owner] ?? VCPU()
    (known.running, known.runningTime) = isOver ? (VCPUSums(), nil) : (sums, time)
    if isOver {
      known.ended.add(sums)
      known.endedTime = Self.union(known.endedTime, time)
    }
    vcpus[owner] = known
  }

  /// From where the first of two begins to where the last ends; nil of none.
  static func union(
    _ one: ClosedRange<UInt64>?, _ other: ClosedRange<UInt64>?
  ) -> ClosedRange<UInt64>? {
    guard let one, let other else { return one ?? other }
    return min(one.lowerBound, other.lowerBound)...max(one.upperBound, other.upperBound)
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
      return (owner, sums, Self.union(vcpu.endedTime, vcpu.runningTime) ?? 0...0, vcpu.stays)
    }
  }

  /// The sites of all VMs.
  var siteRows: [(vm: UInt32, site: AggregateSite, sums: SiteSums)] {
    sites.flatMap { vm, found in found.map { (vm, $0.key, $0.value) } }
  }

  mutating func add(_ site: AggregateSite, _ sums: SiteSums, vm: UInt32) {
    var site = site
    if !site.isFolded, sites[vm]?[site] == nil {
      if siteCount < Self.siteLimit {
        siteCount += 1
      } else {
        site = site.folded
        folded &+= sums.numbers.events
      }
    }
    sites[vm, default: [:]][site, default: SiteSums()].add(sums)
  }

  /// From now on all that `vm` did was done by `other`.
  public mutating func merge(vm: UInt32, into other: UInt32) {
    guard vm != other else { return }
    for (owner, vcpu) in vcpus where owner.vm == vm {
      vcpus[owner] = nil
      let place = Owner(vm: other, vcpu: owner.vcpu)
      guard var known = vcpus[place] else {
        vcpus[place] = vcpu
        continue
      }
      known.ended.add(vcpu.ended)
      known.running.add(vcpu.running)
      known.endedTime = Self.union(known.endedTime, vcpu.endedTime)
      known.runningTime = Self.union(known.runningTime, vcpu.runningTime)
      known.stays.add(vcpu.stays)
      vcpus[place] = known
    }
    guard let found = sites.removeValue(forKey: vm) else { return }
    siteCount -= found.keys.count { !$0.isFolded }
    for (site, sums) in found { add(site, sums, vm: other) }
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
    // In the order of the file, for what finds no place is then the same each time.
    var order: [Place] = []
    /// nil: it is of a kind that this version does not know.
    func place(_ owner: Owner, _ site: UInt32?) -> Place? {
      guard let site else { return Place(owner: owner) }
      guard let found = described[site] else { return nil }
      return Place(owner: owner, site: found)
    }
    for row in sums {
      guard let place = place(Owner(vm: row.vm, vcpu: row.vcpu), row.site) else { continue }
      let time = min(row.since, row.until)...max(row.since, row.until)
      var known = read[place] ?? Read(time: time)
      if read[place] == nil {
        guard read.count < Self.readLimit else {
          unread &+= 1
          continue
        }
        order.append(place)
      }
      known.time = Self.union(known.time, time) ?? time
      let before = known.numbers[row.name, default: 0]
      known.numbers[row.name] =
        row.name == SiteSums.maximum ? max(before, row.number) : before.addingSaturated(row.number)
      read[place] = known
    }
    for row in try source.rows(HistogramRow.self) {
      guard let place = place(Owner(vm: row.vm, vcpu: row.vcpu), row.site) else { continue }
      read[place]?.buckets.append(
        Distribution.Bucket(lowest: row.lowest, highest: row.highest, count: row.count))
    }
    // The vCPUs first: stays belong to one that is known.
    for place in order where place.site == nil {
      guard let found = read[place] else { continue }
      if let vcpu = place.owner.vcpu {
        set(VCPUSums(found.numbers), vm: place.owner.vm, vcpu: vcpu, time: found.time, isOver: true)
      } else {
        folded = folded.addingSaturated(found.numbers[Self.foldedName] ?? 0)
      }
    }
    var histograms = 0
    for place in order {
      guard var site = place.site, let found = read[place] else { continue }
      let (vm, durations) = (place.owner.vm, found.durations)
      if durations > Distribution.exactLimit {
        // Behind the limit what has a site of its own goes with others of its VM, which takes no more room.
        if histograms >= Self.histogramLimit, place.owner.vcpu == nil, sites[vm]?[site.folded] != nil {
          if !site.isFolded { folded = folded.addingSaturated(durations) }
          site = site.folded
        } else {
          histograms += 1
        }
      }
      guard histograms <= Self.histogramLimit else {
        unread &+= 1
        histograms -= 1
        continue
      }
      let cycles = Distribution(
        buckets: found.buckets, sum: found.numbers[SiteSums.sum] ?? 0,
        maximum: found.numbers[SiteSums.maximum] ?? 0)
      if let vcpu = place.owner.vcpu {
        add(stays: cycles, vm: vm, vcpu: vcpu)
      } else {
        add(site, SiteSums(cycles: cycles, numbers: SiteSums.Numbers(found.numbers)), vm: vm)
      }
    }
  }

  /// Where numbers of a file belong.
  private struct Place: Hashable {
    var owner: Owner
    var site: AggregateSite?
  }

  private struct Read {
    var time: ClosedRange<UInt64>
    var numbers: [String: UInt64] = [:]
    var buckets: [Distribution.Bucket] = []

    var durations: UInt64 { buckets.reduce(0) { $0.addingSaturated($1.count) } }
  }

  /// Places of a file that are read: vCPUs, sites of VMs.
  private static let readLimit = 16384
  /// Of them, those with so many durations that they make a histogram, which may take 256 KiB.
  private static let histogramLimit = 4096
  /// Name of ``folded``, which is of no VM: it stands with the first one.
  private static let foldedName = "folded_sites"

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
    let all = vcpuRows
    for vcpu in all {
      append(vcpu.sums, vcpu.owner, vcpu.time)
      if vcpu.stays.count > 0 { append(vcpu.stays, vcpu.owner, vcpu.time, number(.heavy)) }
    }
    if folded > 0, let first = all.first {
      append(Self.foldedName, folded, Owner(vm: first.owner.vm), first.time, nil)
    }
    var times: [UInt32: ClosedRange<UInt64>] = [:]
    for vcpu in all { times[vcpu.owner.vm] = Self.union(times[vcpu.owner.vm], vcpu.time) }
    for (vm, found) in sites.sorted(by: { $0.key < $1.key }) {
      guard let time = times[vm] else { continue }
      for (site, sums) in found {
        append(sums.numbers, Owner(vm: vm), time, site: number(site))
        append(sums.cycles, Owner(vm: vm), time, number(site))
      }
    }
    return rows
  }
}
