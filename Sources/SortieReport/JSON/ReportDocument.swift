import SortieAnalysis
import SortieTrace

/// The JSON document `sortie.report/1`; SCHEMA.md says what each key means. Keys are the snake case of these names.
struct ReportDocument: Encodable, Sendable {
  var schema = "sortie.report/1"
  var aggregate: Bool
  var host: HostDocument
  var verdict: VerdictDocument
  var totals: TotalsDocument
  var sites: [SiteDocument]
  var reasons: [ReasonDocument]
  var exits: [ExitDocument]
  var kernelEvents: [KernelEventDocument]
  var instructions: [InstructionDocument]
  var systemCalls: [SystemCallDocument]
  var devices: [DeviceDocument]
  var vcpus: [VCPUDocument]
  var vms: [VMDocument]
  var lightAgainstHeavy: ClassesDocument
  var probeCosts: [ProbeCostDocument]
  var losses: [LossDocument]
  var ledger: [LedgerDocument]

  init(_ analysis: Analysis) {
    let kilohertz = analysis.tscKilohertz
    let trips = analysis.trips
    aggregate = analysis.isAggregate
    host = HostDocument(analysis)
    verdict = VerdictDocument(analysis)
    totals = TotalsDocument(analysis.totals, analysis)
    let names = Dictionary(uniqueKeysWithValues: analysis.vms.map { ($0.vm, $0.name) })
    sites = analysis.sites.map {
      SiteDocument($0, workload: names[$0.vm] ?? nil, analysis)
    }
    reasons = analysis.reasons.map { ReasonDocument($0, kilohertz) }
    exits = analysis.exits.map { ExitDocument($0, trips) }
    kernelEvents = analysis.kernelEvents.map(KernelEventDocument.init)
    instructions = analysis.instructions.map { InstructionDocument($0, kilohertz, trips) }
    systemCalls = analysis.systemCalls.map { SystemCallDocument($0, kilohertz) }
    devices = analysis.devices.map(DeviceDocument.init)
    vcpus = analysis.vcpus.map { VCPUDocument($0, analysis) }
    vms = analysis.vms.map { VMDocument($0, kilohertz, trips) }
    lightAgainstHeavy = ClassesDocument(analysis.classes)
    probeCosts = analysis.probeCosts.map { ProbeCostDocument($0, kilohertz) }
    losses = analysis.losses.map(LossDocument.init)
    ledger = analysis.ledger.map { LedgerDocument(kind: $0.kind.rawValue, text: $0.text) }
  }
}

struct HostDocument: Encodable, Sendable {
  var kind: String
  @OrNull var emulatedGuestCode: Bool?
  @OrNull var tscKhz: UInt64?
  var stampUnit: String
  var attributes: [AttributeDocument]

  init(_ analysis: Analysis) {
    kind = analysis.guestExecution.rawValue
    emulatedGuestCode = analysis.emulatesGuestCode
    tscKhz = analysis.tscFrequency
    stampUnit = analysis.unit.rawValue
    attributes = AttributeDocument.list(analysis.host)
  }
}

/// Names of attributes are data, not keys: an array keeps the encoder from changing their case.
struct AttributeDocument: Encodable, Sendable {
  var name: String
  var value: String

  static func list(_ attributes: Attributes) -> [AttributeDocument] {
    attributes.values.sorted { $0.key < $1.key }.map { AttributeDocument(name: $0.key, value: $0.value) }
  }
}

struct TotalsDocument: Encodable, Sendable {
  @OrNull var roundTrips: UInt64?
  @OrNull var episodes: UInt64?
  @OrNull var light: UInt64?
  @OrNull var exitEvents: UInt64?
  @OrNull var heavy: UInt64?
  @OrNull var kicks: UInt64?
  var coalesced: UInt64
  var operations: UInt64
  var lost: UInt64
  var lossesOfUnknownCount: UInt64
  var leftOutEvents: UInt64
  var leftOutOperations: UInt64
  var cutEvents: UInt64
  @OrNull var kvmCounterExits: UInt64?
  var counterComparable: Bool
  var unknown: UInt64
  var inversions: UInt64
  var misplaced: UInt64
  var unstamped: UInt64
  var foldedInstructions: UInt64
  var foldedSites: UInt64
  var vcpuTime: TimeDocument
  @OrNull var parts: PartsDocument?
  @OrNull var schedstat: SchedulerDocument?

  init(_ totals: Totals, _ analysis: Analysis) {
    let (kilohertz, trips) = (analysis.tscKilohertz, analysis.trips)
    roundTrips = trips.isCounted ? totals.roundTrips : nil
    episodes = totals.episodes
    light = totals.light
    exitEvents = totals.exitEvents
    heavy = trips.isCounted ? totals.heavy : nil
    kicks = trips.isCounted ? totals.kicks : nil
    coalesced = totals.coalesced
    operations = totals.spans
    lost = totals.lost
    lossesOfUnknownCount = totals.lossesOfUnknownCount
    leftOutEvents = totals.leftOutEvents
    leftOutOperations = totals.leftOutOperations
    cutEvents = totals.cutEvents
    kvmCounterExits = totals.kvmCounterExits
    counterComparable = totals.counterComparable
    unknown = totals.unknown
    inversions = totals.inversions
    misplaced = totals.misplaced
    unstamped = totals.unstamped
    foldedInstructions = totals.foldedInstructions
    foldedSites = totals.foldedSites
    vcpuTime = TimeDocument(totals.time, kilohertz, trips)
    parts = totals.parts.map { PartsDocument($0, analysis) }
    schedstat = totals.scheduler.map(SchedulerDocument.init)
  }
}

struct TimeDocument: Encodable, Sendable {
  var wallCycles: UInt64
  @OrNull var vmmCycles: UInt64?
  @OrNull var kvmRunCycles: UInt64?
  var leftOutCycles: UInt64
  @OrNull var unaccountedCycles: UInt64?
  var overcountedCycles: UInt64
  @OrNull var wallNs: Double?

  init(_ time: Totals.Time, _ kilohertz: UInt64?, _ trips: RoundTripEvidence) {
    wallCycles = time.wall
    vmmCycles = trips.isTimed ? time.vmm : nil
    kvmRunCycles = trips.isTimed ? time.kvmRun : nil
    leftOutCycles = time.leftOut
    unaccountedCycles = trips.isTimed ? time.unaccounted : nil
    overcountedCycles = time.overcounted
    wallNs = nanoseconds(time.wall, kilohertz)
  }
}

struct ProbeCostDocument: Encodable, Sendable {
  var name: String
  var medianCycles: UInt64
  @OrNull var medianNs: Double?
  var method: String

  init(_ cost: ProbeCostRow, _ kilohertz: UInt64?) {
    name = cost.name
    medianCycles = cost.cycles
    medianNs = nanoseconds(cost.cycles, kilohertz)
    method = cost.method
  }
}

struct LossDocument: Encodable, Sendable {
  @OrNull var stream: UInt32?
  var firstTsc: UInt64
  var lastTsc: UInt64
  @OrNull var cause: String?
  @OrNull var count: UInt64?

  init(_ loss: LossRow) {
    stream = loss.stream?.rawValue
    firstTsc = loss.firstTSC
    lastTsc = loss.lastTSC
    cause = loss.cause?.text
    count = loss.count
  }
}

struct LedgerDocument: Encodable, Sendable {
  var kind: String
  var text: String
}
