public import SortieAnalysis
public import SortieGate

/// A comparison as the JSON document that SCHEMA.md beside this file describes: sorted keys, indented, UTF-8, a newline at
/// the end.
///
/// - Parameter experiment: how its variants were measured; nil for traces that were there.
///
/// Throws `EncodingError` if a number has no form in JSON; a comparison makes none that has not.
public func jsonComparison(
  _ comparison: TraceComparison, _ experiment: VariantExperiment? = nil
) throws -> [UInt8] { try jsonBytes(ComparisonDocument(comparison, experiment)) }

/// The JSON document `sortie.compare/2`. Keys are the snake case of these names.
struct ComparisonDocument: Encodable, Sendable {
  var schema = "sortie.compare/2"
  var summary: [String]
  var warnings: [String]
  var cycleInterval: String
  var cycleObstacles: [String]
  var probeCosts: [ProbeCostDocument]
  var sides: [SideDocument]
  var siteScope: String
  var sites: [ComparedSiteDocument]
  @OrNull var experiment: ExperimentDocument?

  init(_ comparison: TraceComparison, _ experiment: VariantExperiment?) {
    let sections = ComparisonSections(comparison, experiment)
    summary = sections.failures + sections.answers
    warnings = sections.warnings
    cycleInterval = comparison.interval.rawValue
    cycleObstacles = comparison.obstacles
    probeCosts = (comparison.sides.first?.probeCosts ?? []).map {
      ProbeCostDocument($0, comparison.sides.first?.tscKilohertz)
    }
    sides = comparison.sides.map { SideDocument($0, comparison.workloads) }
    siteScope = comparison.siteScope.rawValue
    sites = comparison.rows.map {
      ComparedSiteDocument($0, isPerOperation: comparison.isPerOperation($0.site.workload))
    }
    self.experiment = experiment.map { ExperimentDocument($0, comparison) }
  }
}

struct SideDocument: Encodable, Sendable {
  var name: String
  var hostKind: String
  @OrNull var tscKhz: UInt64?
  var host: [AttributeDocument]
  var traces: Int
  var isWhole: Bool
  var lost: UInt64
  var outputs: [OutputDocument]
  var runs: [RunDocument]

  init(_ side: ComparedSide, _ workloads: [String?]) {
    name = side.name
    hostKind = side.guestExecution.rawValue
    tscKhz = side.tscKilohertz
    host = AttributeDocument.list(side.host)
    traces = side.traces
    isWhole = side.isWhole
    lost = side.lost
    outputs = side.outputs.sorted { $0.key < $1.key }.map {
      OutputDocument(output: $0.key, values: $0.value.sorted())
    }
    let emulates = side.guestExecution == .emulatesGuestCode
    runs = workloads.compactMap { workload in
      side.figures(of: workload).map {
        RunDocument($0, workload: workload, side.tscKilohertz, hasRate: !emulates)
      }
    }
  }
}

struct OutputDocument: Encodable, Sendable {
  var output: String
  var values: [String]
}

struct RunDocument: Encodable, Sendable {
  @OrNull var workload: String?
  @OrNull var operations: UInt64?
  var heavy: UInt64
  @OrNull var light: UInt64?
  var kicks: UInt64
  @OrNull var heavyPerOperation: Double?
  @OrNull var lightPerOperation: Double?
  @OrNull var roundTripsInsidePerOperation: Double?
  @OrNull var lightInsidePerOperation: Double?
  @OrNull var heavyOutsidePerOperation: Double?
  @OrNull var guestCyclesPerOperation: Double?
  @OrNull var meanGuestCyclesPerOperation: Double?
  @OrNull var stages: StagesDocument?
  @OrNull var composition: CompositionDocument?
  var runningCycles: UInt64
  @OrNull var operationsPerSecond: Double?
  @OrNull var vcpuCpuNs: UInt64?
  @OrNull var deviceCpuNs: UInt64?

  init(_ run: RunFigures, workload: String?, _ kilohertz: UInt64?, hasRate: Bool) {
    self.workload = workload
    operations = run.operations
    heavy = run.heavy
    light = run.light
    kicks = run.kicks
    heavyPerOperation = run.heavyPerOperation
    lightPerOperation = run.lightPerOperation
    roundTripsInsidePerOperation = run.roundTripsPerOperation
    lightInsidePerOperation = run.lightInsidePerOperation
    heavyOutsidePerOperation = run.heavyOutsidePerOperation
    guestCyclesPerOperation = run.guestCyclesPerOperation
    meanGuestCyclesPerOperation = run.meanGuestCyclesPerOperation
    stages = run.stagesPerOperation.map { StagesDocument($0) }
    composition = run.guest?.composition.map(CompositionDocument.init)
    runningCycles = run.cycles
    operationsPerSecond = hasRate ? run.operationsPerSecond(kilohertz) : nil
    vcpuCpuNs = run.vcpuCPUTime
    deviceCpuNs = run.deviceCPUTime
  }
}

struct ComparedSiteDocument: Encodable, Sendable {
  @OrNull var workload: String?
  var exitClass: String
  var reason: String
  var site: String
  @OrNull var device: String?
  var differencesArePerOperation: Bool
  var sides: [CellDocument]

  private enum CodingKeys: String, CodingKey {
    case workload, reason, site, device, differencesArePerOperation, sides
    case exitClass = "class"
  }

  init(_ row: TraceComparison.Row, isPerOperation: Bool) {
    workload = row.site.workload
    exitClass = row.site.exitClass.rawValue
    reason = row.site.reason
    site = row.site.site
    device = row.site.device
    differencesArePerOperation = isPerOperation
    sides = zip(row.cells, row.differences).map(CellDocument.init)
  }
}

struct CellDocument: Encodable, Sendable {
  var isPresent: Bool
  @OrNull var exits: UInt64?
  @OrNull var exitsPerOperation: Double?
  @OrNull var medianCycles: UInt64?
  @OrNull var meanCycles: Double?
  @OrNull var cyclesPerExit: Double?
  @OrNull var cyclesPerOperation: Double?
  @OrNull var stages: StagesDocument?
  @OrNull var exitsDifference: Double?
  @OrNull var exitsShare: Double?
  @OrNull var cyclesDifference: Double?
  @OrNull var cyclesShare: Double?

  init(_ cell: TraceComparison.Cell, _ difference: TraceComparison.Difference?) {
    isPresent = cell.isPresent
    exits = cell.exits
    exitsPerOperation = cell.exitsPerOperation
    medianCycles = cell.median
    meanCycles = cell.mean
    cyclesPerExit = cell.cyclesPerExit
    cyclesPerOperation = cell.cyclesPerOperation
    stages = cell.stages.map { StagesDocument($0) }
    exitsDifference = difference?.exits
    exitsShare = difference?.exitsShare
    cyclesDifference = difference?.cycles
    cyclesShare = difference?.cyclesShare
  }
}
