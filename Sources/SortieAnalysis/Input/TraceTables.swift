public import SortieTrace

/// The streams of one vCPU.
struct VCPUStreams {
  var vm: UInt32
  var vcpu: UInt32
  var roundTrips: [StreamID] = []
  var spans: [StreamID] = []
  /// No machine monitor stamped it: its round trips are told by the system calls of its thread.
  var isAttached = false
}

/// The tables of a trace, decoded.
public struct TraceTables {
  /// What stamps and durations count.
  public let unit: StampUnit
  /// Stamps a millisecond: the TSC frequency, kHz, or what a clock of ns counts; nil if unknown.
  public let tscKilohertz: UInt64?
  /// It was made of another tool's recording, which may lack any event.
  let isImported: Bool
  /// Histograms and sums are all that was kept.
  public let isAggregate: Bool
  /// What is known of round trips.
  public let trips: RoundTripEvidence
  /// Attributes of the host that recorded.
  public let host: Attributes
  /// Attributes of the VMs and of the runs in them, by VM index.
  public let vms: [UInt32: Attributes]
  /// Symbols of the guests.
  public let symbols: SymbolTable
  /// Names of the devices.
  public let devices: DeviceNames
  let vcpus: [VCPUStreams]
  /// Streams of the host's kernel that have events.
  public let kernelStreams: [StreamID]
  let kernelEvents: KernelEventReader
  let threads: VCPUThreads
  let counters: KVMCounters
  let schedulerAccounts: SchedulerAccounts
  let probeCosts: [ProbeCostRow]
  /// Where events are missing; not what ``leftOut`` says.
  let losses: [LossRow]
  /// What was left out because the file was to hold no more than so many bytes.
  let leftOut: [LossRow]
  /// From here on all streams have all their events, host TSC; what stands before is not looked at.
  let begins: UInt64
  let notes: [LedgerLine]
  private var clocks: [VCPUKey: [GuestClock.Segment]] = [:]

  private struct VCPUKey: Hashable {
    var vm: UInt32
    var vcpu: UInt32
  }

  /// The tables of `source`. Throws what it throws.
  public init<Source: AnalysisSource>(_ source: Source) throws(Source.Failure) {
    let hosts = Attributes.byOwner(try source.rows(HostAttribute.self).map { ($0.host, $0.name, $0.value) })
    host = hosts[0] ?? Attributes()
    unit = try source.unit()
    isImported = host["imported_from"] != nil
    tscKilohertz = unit.perMillisecond ?? host.number("tsc_khz") ?? source.tscKilohertz
    vms = Attributes.byOwner(try source.rows(VMAttribute.self).map { ($0.vm, $0.name, $0.value) })
    symbols = SymbolTable(try source.rows(SymbolRow.self))
    devices = DeviceNames(try source.rows(DeviceRow.self))
    let statistics = try source.rows(StatisticRow.self)
    counters = KVMCounters(statistics)
    schedulerAccounts = SchedulerAccounts(statistics)
    probeCosts = try source.rows(ProbeCostRow.self)
    let declared = source.losses
    leftOut = declared.filter { $0.cause == .sizeLimit }
    notes = source.notes
    let described = try source.rows(VCPURow.self)
    let stamped = Self.vcpus(of: try source.vcpuStreams(), hasEvents: { source.blockCount(of: $0) > 0 })
    kernelStreams = Array(
      try source.kernelStreams(unit).filter { source.blockCount(of: $0) > 0 }.prefix(Self.kernelStreamLimit))
    threads = VCPUThreads(try source.rows(ThreadRow.self))
    kernelEvents = KernelEventReader(try source.rows(EventFormatRow.self), threads: threads)
    trips =
      !isImported || kernelEvents.hasSystemCalls && kernelEvents.hasUserspaceExits
      ? .stamped : kernelEvents.hasUserspaceExits ? .counted : .unknown
    isAggregate = host.flag("aggregate") == true
    vcpus =
      kernelEvents.hasSystemCalls || isImported
      ? stamped + Self.attached(described, besides: stamped) : stamped
    let guests = Set(stamped.flatMap(\.spans))
    let begins = leftOut.reduce(UInt64(0)) { latest, loss in
      loss.stream.map(guests.contains) == true ? latest : max(latest, loss.lastTSC)
    }
    self.begins = begins
    losses = declared.filter { loss in
      let isGuests = loss.stream.map(guests.contains) == true
      return loss.cause != .sizeLimit && (isGuests || begins == 0 || loss.lastTSC >= begins)
    }
    for row in described {
      guard let offset = row.tscOffset else { continue }
      let segment = GuestClock.Segment(
        since: row.since ?? 0, offset: UInt64(bitPattern: offset), scaling: row.tscScaling ?? 0,
        scalingBits: UInt64(row.tscScalingBits ?? 0))
      clocks[VCPUKey(vm: row.vm, vcpu: row.vcpu), default: []].append(segment)
    }
  }

  /// vCPUs without a single event that are still listed: KVM has no more in a VM (`KVM_MAX_VCPUS`), and a damaged file
  /// can name millions.
  private static let idleLimit = 4096
  /// Streams of the kernel that are read, two a CPU: a block of each is in memory (`NR_CPUS` is 8,192).
  private static let kernelStreamLimit = 16384

  private static func vcpus(
    of streams: [StreamDescription], hasEvents: (StreamID) -> Bool
  ) -> [VCPUStreams] {
    var found: [VCPUKey: VCPUStreams] = [:]
    var idle = 0
    for stream in streams {
      if !hasEvents(stream.id) {
        idle += 1
        guard idle <= idleLimit else { continue }
      }
      let key = VCPUKey(vm: stream.vm, vcpu: stream.vcpu)
      switch stream.kind {
      case .vmm:
        found[key, default: VCPUStreams(vm: stream.vm, vcpu: stream.vcpu)].roundTrips.append(stream.id)
      case .guest:
        found[key, default: VCPUStreams(vm: stream.vm, vcpu: stream.vcpu)].spans.append(stream.id)
      }
    }
    return found.values.sorted { ($0.vm, $0.vcpu) < ($1.vm, $1.vcpu) }
  }

  /// The vCPUs of a table that have no stream of their own.
  private static func attached(_ rows: [VCPURow], besides stamped: [VCPUStreams]) -> [VCPUStreams] {
    var known = Set(stamped.map { VCPUKey(vm: $0.vm, vcpu: $0.vcpu) })
    let found = rows.filter {
      known.count < idleLimit && known.insert(VCPUKey(vm: $0.vm, vcpu: $0.vcpu)).inserted
    }
    return found.sorted { ($0.vm, $0.vcpu) < ($1.vm, $1.vcpu) }.map {
      VCPUStreams(vm: $0.vm, vcpu: $0.vcpu, isAttached: true)
    }
  }

  /// The first event of the trace, host TSC, from which all times that are shown count, in the report and in the dump; nil
  /// where no event says when it was. Throws what the source throws.
  public func origin<Source: AnalysisSource>(in source: Source) throws(Source.Failure) -> UInt64? {
    var firsts = kernelStreams.map { source.range(of: $0, block: 0)?.lowerBound }
    for stream in try source.vcpuStreams() where source.blockCount(of: stream.id) > 0 {
      switch stream.kind {
      case .vmm:
        let stamps = try source.roundTrips(of: stream.id, block: 0).lazy.map { $0.u0 != 0 ? $0.u0 : $0.u1 }
        firsts.append(stamps.first { $0 != 0 })
      case .guest:
        var clock = clock(vm: stream.vm, vcpu: stream.vcpu)
        firsts.append(try source.guestSpans(of: stream.id, block: 0).first.flatMap { clock.hostTime($0.g0) })
      }
    }
    return firsts.compactMap(\.self).min()
  }

  /// The guest clock of a vCPU, to be asked for stamps in order of time.
  public func clock(vm: UInt32, vcpu: UInt32) -> GuestClock {
    GuestClock(clocks[VCPUKey(vm: vm, vcpu: vcpu)] ?? [])
  }

  /// The events in a block of a stream of the host's kernel.
  public func kernelEvents(in block: ColumnSet) -> KernelEventBlock {
    KernelEventBlock(block, reader: kernelEvents)
  }

  /// What the scheduler counted of the thread of a vCPU; nil if the trace does not say.
  func account(of vcpu: VCPUStreams) -> SchedulerAccount? {
    // It covers all of the run, and the events do not.
    guard leftOut.isEmpty else { return nil }
    return schedulerAccounts[VCPUThreads.VCPU(vm: vcpu.vm, vcpu: vcpu.vcpu)]
  }

  /// Where round trips of a vCPU may be missing.
  ///
  /// A guest ring that was full lost spans, but harmed none that it kept; one that was corrupt did.
  func lossMap(of vcpu: VCPUStreams) -> LossMap {
    var clock = clock(vm: vcpu.vm, vcpu: vcpu.vcpu)
    var ranges: [ClosedRange<UInt64>] = []
    for loss in losses {
      var first = loss.firstTSC
      var last = loss.lastTSC
      if let stream = loss.stream, vcpu.spans.contains(stream) {
        guard loss.cause == .guestRingCorrupt else { continue }
        first = clock.hostTime(first) ?? 0
        last = clock.hostTime(last) ?? .max
      } else if let stream = loss.stream, !vcpu.roundTrips.contains(stream) {
        continue
      }
      ranges.append(min(first, last)...max(first, last))
    }
    return LossMap(ranges)
  }

  /// Where round trips of a vCPU, or events of the kernel, may be missing: its thread can have been on any CPU.
  func kernelLossMap(of vcpu: VCPUStreams) -> LossMap {
    let others = Set(vcpus.flatMap { $0.roundTrips + $0.spans }).subtracting(vcpu.roundTrips)
    return LossMap(
      losses.compactMap { loss in
        if let stream = loss.stream, others.contains(stream) { return nil }
        return min(loss.firstTSC, loss.lastTSC)...max(loss.firstTSC, loss.lastTSC)
      })
  }
}
