import SortieAnalysis

struct CyclesDocument: Encodable, Sendable {
  var timed: UInt64
  @OrNull var sum: UInt64?
  @OrNull var mean: Double?
  @OrNull var p50: UInt64?
  @OrNull var p90: UInt64?
  @OrNull var p99: UInt64?
  @OrNull var p999: UInt64?
  @OrNull var max: UInt64?

  init(_ cycles: CycleSummary) {
    timed = cycles.count
    sum = cycles.count > 0 ? cycles.sum : nil
    mean = cycles.mean
    p50 = cycles.p50
    p90 = cycles.p90
    p99 = cycles.p99
    p999 = cycles.p999
    max = cycles.maximum
  }
}

struct NanosecondsDocument: Encodable, Sendable {
  @OrNull var p50: Double?
  @OrNull var p90: Double?
  @OrNull var p99: Double?
  @OrNull var p999: Double?
  @OrNull var max: Double?

  /// Nil where the TSC frequency is unknown.
  init?(_ cycles: CycleSummary, _ kilohertz: UInt64?) {
    guard let kilohertz, kilohertz > 0 else { return nil }
    p50 = cycles.p50.flatMap { nanoseconds($0, kilohertz) }
    p90 = cycles.p90.flatMap { nanoseconds($0, kilohertz) }
    p99 = cycles.p99.flatMap { nanoseconds($0, kilohertz) }
    p999 = cycles.p999.flatMap { nanoseconds($0, kilohertz) }
    max = cycles.maximum.flatMap { nanoseconds($0, kilohertz) }
  }
}

struct SplitDocument: Encodable, Sendable {
  struct Part: Encodable, Sendable {
    @OrNull var meanCycles: Double?
    @OrNull var p50Cycles: UInt64?

    init(_ cycles: CycleSummary) {
      meanCycles = cycles.mean
      p50Cycles = cycles.p50
    }
  }

  var operations: UInt64
  var guestToHost: Part
  var vmm: Part
  var betweenRoundTrips: Part
  var hostToGuest: Part

  init(_ split: SplitSummary) {
    operations = split.vmm.count
    guestToHost = Part(split.guestToHost)
    vmm = Part(split.vmm)
    betweenRoundTrips = Part(split.between)
    hostToGuest = Part(split.hostToGuest)
  }
}

struct SiteDocument: Encodable, Sendable {
  var vm: UInt32
  @OrNull var workload: String?
  var reason: String
  var site: String
  @OrNull var detail: String?
  var `class`: String
  @OrNull var device: String?
  var tier: String
  var interval: String
  var count: UInt64
  @OrNull var ratePerSecond: Double?
  @OrNull var vcpuTimeShare: Double?
  var cycles: CyclesDocument
  @OrNull var ns: NanosecondsDocument?
  @OrNull var meanElements: Double?
  @OrNull var meanDeviceCycles: Double?
  @OrNull var meanSwitchCycles: Double?
  @OrNull var stages: StagesDocument?
  @OrNull var split: SplitDocument?
  var longest: [OutlierDocument]

  init(_ row: SiteCost, workload: String?, _ analysis: Analysis) {
    let kilohertz = analysis.tscKilohertz
    vm = row.vm
    self.workload = workload
    reason = row.reason
    site = row.site
    detail = row.detail
    self.class = row.exitClass.rawValue
    device = row.device
    tier = row.tier.rawValue
    interval = row.interval.rawValue
    count = row.count
    ratePerSecond = row.rate
    vcpuTimeShare = row.vcpuTimeShare
    cycles = CyclesDocument(row.cycles)
    ns = NanosecondsDocument(row.cycles, kilohertz)
    meanElements = row.meanElements
    meanDeviceCycles = row.meanDeviceCycles
    meanSwitchCycles = row.meanSwitchCycles
    stages = row.stages.map { StagesDocument($0, knowsSchedule: analysis.knowsSchedule) }
    split = row.split.map(SplitDocument.init)
    longest = row.longest.map { OutlierDocument($0, origin: analysis.origin, kilohertz) }
  }
}

struct ReasonDocument: Encodable, Sendable {
  var vm: UInt32
  var reason: String
  var `class`: String
  var tier: String
  var interval: String
  var count: UInt64
  @OrNull var ratePerSecond: Double?
  @OrNull var vcpuTimeShare: Double?
  var cycles: CyclesDocument
  @OrNull var ns: NanosecondsDocument?

  init(_ row: ReasonCost, _ kilohertz: UInt64?) {
    vm = row.vm
    reason = row.reason
    self.class = row.exitClass.rawValue
    tier = row.tier.rawValue
    interval = row.interval.rawValue
    count = row.count
    ratePerSecond = row.rate
    vcpuTimeShare = row.vcpuTimeShare
    cycles = CyclesDocument(row.cycles)
    ns = NanosecondsDocument(row.cycles, kilohertz)
  }
}

struct InstructionDocument: Encodable, Sendable {
  var vm: UInt32
  var rip: String
  var ripKind: String
  @OrNull var symbol: String?
  var site: String
  var `class`: String
  var tier: String
  var interval: String
  var count: UInt64
  @OrNull var ratePerSecond: Double?
  @OrNull var vcpuTimeShare: Double?
  var cycles: CyclesDocument
  @OrNull var ns: NanosecondsDocument?

  init(_ row: InstructionCost, _ kilohertz: UInt64?, _ trips: RoundTripEvidence) {
    tier = (trips.isTimed ? EvidenceTier.vmm : .kernel).rawValue
    interval = (trips.isTimed ? CostInterval.vmm : .exitToEntry).rawValue
    vm = row.vm
    rip = hexadecimal(row.rip)
    ripKind = row.ripKind.rawValue
    symbol = row.symbol
    site = row.site
    self.class = row.exitClass.rawValue
    count = row.count
    ratePerSecond = row.rate
    vcpuTimeShare = row.vcpuTimeShare
    cycles = CyclesDocument(row.cycles)
    ns = NanosecondsDocument(row.cycles, kilohertz)
  }
}

struct VCPUDocument: Encodable, Sendable {
  var vm: UInt32
  var vcpu: UInt32
  @OrNull var heavy: UInt64?
  @OrNull var kicks: UInt64?
  var time: TimeDocument
  var cycles: CyclesDocument
  @OrNull var ns: NanosecondsDocument?
  var pairing: PairingDocument
  @OrNull var parts: PartsDocument?
  @OrNull var schedstat: SchedulerDocument?
  @OrNull var kernel: KernelDocument?

  init(_ row: VCPUSummary, _ analysis: Analysis) {
    let (kilohertz, trips) = (analysis.tscKilohertz, analysis.trips)
    vm = row.vm
    vcpu = row.vcpu
    heavy = trips.isCounted ? row.heavy : nil
    kicks = trips.isCounted ? row.kicks : nil
    time = TimeDocument(Totals.Time(row.time), kilohertz, trips)
    cycles = CyclesDocument(row.cycles)
    ns = NanosecondsDocument(row.cycles, kilohertz)
    pairing = PairingDocument(row.pairing)
    parts = row.parts.map { PartsDocument($0, analysis) }
    schedstat = row.scheduler.map(SchedulerDocument.init)
    kernel = row.kernel.map { KernelDocument($0, trips) }
  }
}

struct PairingDocument: Encodable, Sendable {
  var spansWithRoundTrips: UInt64
  var spansWithout: UInt64
  var spansKicked: UInt64
  var spansLost: UInt64
  var spansUncovered: UInt64
  var spansCrossing: UInt64
  var spansInverted: UInt64
  var spansUnaligned: UInt64
  var roundTripsPaired: UInt64
  var roundTripsOutside: UInt64
  var roundTripsUnpaired: UInt64

  init(_ tally: PairingTally) {
    spansWithRoundTrips = tally.spansWithRoundTrips
    spansWithout = tally.spansWithout
    spansKicked = tally.spansKicked
    spansLost = tally.spansLost
    spansUncovered = tally.spansUncovered
    spansCrossing = tally.spansCrossing
    spansInverted = tally.spansInverted
    spansUnaligned = tally.spansUnaligned
    roundTripsPaired = tally.roundTripsPaired
    roundTripsOutside = tally.roundTripsOutside
    roundTripsUnpaired = tally.roundTripsUnpaired
  }
}

struct DeviceDocument: Encodable, Sendable {
  var vm: UInt32
  var device: String
  var roundTrips: UInt64
  var vmmCycles: UInt64
  @OrNull var vcpuTimeShare: Double?
  @OrNull var threadCpuNs: UInt64?
  @OrNull var fault: String?

  init(_ row: DeviceSummary) {
    vm = row.vm
    device = row.device
    roundTrips = row.roundTrips
    vmmCycles = row.vmmCycles
    vcpuTimeShare = row.vcpuTimeShare
    threadCpuNs = row.threadCPUTime
    fault = row.fault
  }
}

struct VMDocument: Encodable, Sendable {
  var vm: UInt32
  @OrNull var workload: String?
  var attributes: [AttributeDocument]
  @OrNull var roundTrips: UInt64?
  @OrNull var kicks: UInt64?
  var coalesced: UInt64
  @OrNull var kvmCounterExits: UInt64?
  var vcpuTime: TimeDocument
  @OrNull var lazyState: LazyStateDocument?
  @OrNull var operation: OperationDocument?

  init(_ row: VMSummary, _ kilohertz: UInt64?, _ trips: RoundTripEvidence) {
    vm = row.vm
    workload = row.name
    attributes = AttributeDocument.list(row.attributes)
    roundTrips = trips.isCounted ? row.roundTrips : nil
    kicks = trips.isCounted ? row.kicks : nil
    coalesced = row.coalesced
    kvmCounterExits = row.kvmCounterExits
    vcpuTime = TimeDocument(row.time, kilohertz, trips)
    lazyState = row.lazyState.map(LazyStateDocument.init)
    operation = row.operation.map { OperationDocument($0, kilohertz) }
  }
}

struct OperationDocument: Encodable, Sendable {
  @OrNull var declaredClass: String?
  var tier = EvidenceTier.guest.rawValue
  var interval = CostInterval.guestRoundTrip.rawValue
  @OrNull var roundTripsPerOperation: Double?
  var withRoundTripsCycles: CyclesDocument
  var withoutRoundTripCycles: CyclesDocument
  @OrNull var split: SplitDocument?
  var composition: [CompositionDocument]
  var pairing: PairingDocument
  @OrNull var staging: StagingDocument?
  var stagesWithRoundTrips: [StageBandDocument]
  var stagesWithoutRoundTrip: [StageBandDocument]

  init(_ row: OperationSummary, _ kilohertz: UInt64?) {
    declaredClass = row.declaredClass
    roundTripsPerOperation = row.roundTripsPerOperation
    withRoundTripsCycles = CyclesDocument(row.withRoundTrips)
    withoutRoundTripCycles = CyclesDocument(row.withoutRoundTrip)
    split = row.split.map(SplitDocument.init)
    composition = row.compositions.map(CompositionDocument.init)
    pairing = PairingDocument(row.pairing)
    staging = row.staging.map(StagingDocument.init)
    stagesWithRoundTrips = row.withRoundTripsStages.map(StageBandDocument.init)
    stagesWithoutRoundTrip = row.withoutRoundTripStages.map(StageBandDocument.init)
  }
}

struct CompositionDocument: Encodable, Sendable {
  var band: String
  var operations: UInt64
  var meanCycles: Double
  var guestToHostShare: Double
  var vmmShare: Double
  var betweenRoundTripsShare: Double
  var hostToGuestShare: Double
  @OrNull var offCpuShare: Double?
  @OrNull var blockedShare: Double?

  init(_ composition: Composition) {
    band = composition.band.rawValue
    operations = composition.operations
    meanCycles = composition.meanCycles
    guestToHostShare = composition.guestToHost
    vmmShare = composition.vmm
    betweenRoundTripsShare = composition.between
    hostToGuestShare = composition.hostToGuest
    offCpuShare = composition.offCPU
    blockedShare = composition.blocked
  }
}
