public import SortieTrace

/// Analyses running VMs: the kernel's events on their vCPU threads go in as they come, and what the VMs did in an interval comes
/// out, by the pairing of a trace's analysis. Memory does not grow with time: histograms begin anew in each interval, and
/// a vCPU's pairing where it has met more sites than are told apart.
///
/// Use: ``observe(thread:vm:vcpu:)`` threads; hand over events and losses; ``advance(to:)`` now and then; at the end of each
/// interval ``takeInterval(until:)``, or now and then ``add(to:until:)`` where all intervals are to add up. One
/// thread at a time uses it.
public final class LiveAnalysis: LiveEventSink {
  private let reader: KernelEventReader
  private let settings: LiveTimeline.Settings
  private var timelines: [LiveTimeline] = []
  /// The columns of each kind of rows that came, and where they are found.
  private var fields: [(columns: [ColumnID], fields: KernelEventFields)] = []
  /// What was lost, in order; of very many losses the later ones of a cause are one.
  public private(set) var losses: [LossRow] = []
  private static let mostLosses = 256
  /// The thread of the last event, and whose it is, which `timelines` keeps: an event does not retain it.
  private var recent: (thread: UInt64, timeline: Unmanaged<LiveTimeline>)?

  /// An analysis of events that `formats` number. `reportsExits`: `kvm_exit` and `kvm_entry` tell the guests' exits on this
  /// host; without, light exits are unknown.
  public init(formats: [EventFormatRow], tscKilohertz: UInt64?, reportsExits: Bool) {
    reader = KernelEventReader(formats, threads: VCPUThreads([]))
    settings = LiveTimeline.Settings(
      tscKilohertz: tscKilohertz, hasSwitchStamps: reader.hasSwitchStamps,
      hasThreadSwitches: reader.hasThreadSwitches, reportsExits: reportsExits)
  }

  /// From now on `thread` runs a vCPU.
  public func observe(thread: UInt32, vm: UInt32, vcpu: UInt32) {
    recent = nil
    if let known = timelines.first(where: { $0.vm == vm && $0.vcpu == vcpu }) {
      known.change(thread: thread)
    } else {
      timelines.append(LiveTimeline(thread: thread, vm: vm, vcpu: vcpu, settings))
    }
  }

  /// Forgets the vCPUs of a VM that `isGone` says of.
  public func forget(vm: UInt32, where isGone: (_ vcpu: UInt32) -> Bool = { _ in true }) {
    recent = nil
    timelines.removeAll { $0.vm == vm && isGone($0.vcpu) }
  }

  /// Takes the next events of one CPU.
  public func take(_ rows: EventRows) {
    var fields = layout(of: rows)
    for row in 0..<rows.count {
      fields.row = row
      guard let tsc = fields[.tsc] else { continue }
      reader.read(fields, at: tsc) {
        timeline(of: $0)
      } _: { timeline, event in
        timeline._withUnsafeGuaranteedRef { $0.add(event) }
      }
    }
  }

  /// Events are missing between two stamps, host TSC: nothing is paired across.
  public func lose(from first: UInt64, to last: UInt64, cause: LossCause, count: UInt64?) {
    let range = min(first, last)...max(first, last)
    for timeline in timelines { timeline.add(loss: range) }
    let loss = LossRow(
      stream: nil, firstTSC: range.lowerBound, lastTSC: range.upperBound, cause: cause, count: count)
    guard losses.count >= Self.mostLosses, let same = losses.lastIndex(where: { $0.cause == cause }) else {
      losses.append(loss)
      return
    }
    losses[same].firstTSC = min(losses[same].firstTSC, loss.firstTSC)
    losses[same].lastTSC = max(losses[same].lastTSC, loss.lastTSC)
    losses[same].count =
      if let known = losses[same].count, let count { known.addingSaturated(count) } else { nil }
  }

  /// Places what came before `end`, host TSC: nothing that lies before is still to come.
  public func advance(to end: UInt64) {
    for timeline in timelines { timeline.advance(to: end) }
  }

  /// What the VMs did since this was last asked, until `end`, which they were advanced to.
  public func takeInterval(until end: UInt64) -> [LiveVM] {
    var tables: [UInt32: LiveSiteTable] = [:]
    var vms: [UInt32: LiveVM] = [:]
    for timeline in timelines.sorted(by: { ($0.vm, $0.vcpu) < ($1.vm, $1.vcpu) }) {
      var table = LiveSiteTable()
      var figures = timeline.takeInterval(until: end, into: &table)
      vms[timeline.vm, default: LiveVM(vm: timeline.vm, figures: LiveFigures(), vcpus: [])].figures.add(
        figures)
      tables[timeline.vm, default: LiveSiteTable()].add(table)
      figures.setRows(table)
      vms[timeline.vm]?.vcpus.append(LiveVCPU(vcpu: timeline.vcpu, figures: figures))
    }
    for (vm, table) in tables {
      // Of one vCPU, all is its own.
      if let only = vms[vm]?.vcpus, only.count == 1 {
        vms[vm]?.figures = only[0].figures
      } else {
        vms[vm]?.figures.setRows(table)
      }
    }
    return vms.values.sorted { $0.vm < $1.vm }
  }

  /// Adds what the VMs did since this was last asked, until `end`, which they were advanced to, to `aggregate`.
  public func add(to aggregate: inout Aggregate, until end: UInt64) {
    for timeline in timelines { timeline.add(to: &aggregate, until: end, isLast: false) }
  }

  /// The same of what is not observed any more, or by another thread: all that there is of it, and what is open is at its
  /// end. Its time is until `end`, or with nil until its last event. Of one `vm` alone, and of these of its `vcpus`, where they
  /// are given.
  public func addLast(
    to aggregate: inout Aggregate, until end: UInt64? = nil, vm: UInt32? = nil, vcpus: Set<UInt32>? = nil
  ) {
    for timeline in timelines
    where vm.map({ timeline.vm == $0 }) ?? true && vcpus?.contains(timeline.vcpu) ?? true {
      timeline.add(to: &aggregate, until: end, isLast: true)
    }
  }

  /// Where the columns of `rows` are, which come in few kinds.
  private func layout(of rows: EventRows) -> KernelEventFields {
    for known in fields where known.columns == rows.columns { return known.fields.moved(to: rows) }
    let new = KernelEventFields(rows)
    fields.append((rows.columns, new))
    return new
  }

  @inline(__always)
  private func timeline(of thread: UInt64?) -> Unmanaged<LiveTimeline>? {
    guard let thread else { return nil }
    if let recent, recent.thread == thread { return recent.timeline }
    guard let found = timelines.first(where: { UInt64($0.thread) == thread }) else { return nil }
    recent = (thread, .passUnretained(found))
    return recent?.timeline
  }
}

extension LiveFigures {
  fileprivate mutating func setRows(_ table: LiveSiteTable) {
    sites = table.rows(wall: wall)
    reasons = table.reasons(wall: wall, sites)
  }
}
