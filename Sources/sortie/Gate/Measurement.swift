import ArgumentParser
import Glibc
import SortieGate
import SortieProbes
import SystemPackage
import WorkloadCatalog

/// A session of `sortie bench` on this host: exits first, then cycles.
struct Measurement: ~Copyable {
  private let workloads: [Workload]
  private let side: Side
  private let settings: RunSettings
  private let host: HostUnderTest
  private let machine: MachineOptions
  private let activity = HostActivity()
  private var results: [OperationResult]
  /// What the stamps themselves cost; nil where no cycles were measured.
  private var stamps: CycleResult?

  /// A session over `workloads`.
  ///
  /// - Throws: ``Failure`` when no guest can be run here.
  init(_ workloads: [Workload], _ machine: MachineOptions) throws(Failure) {
    let side = try Side(own: machine.words)
    let settings = try machine.settings()
    let host = try HostUnderTest()
    self.workloads = workloads
    self.machine = machine
    self.side = side
    self.settings = settings
    results = workloads.map { workload in
      OperationResult(
        name: workload.name,
        operationClass: GuestRun.operationClass(workload, workload.expectation(on: host.kind), on: host.kind),
        obstacle: workload.unsupportedReason(on: host.kind) ?? GuestRun.lack(of: workload, settings))
    }
    self.host = host
  }

  /// Attributes of the host.
  var hostAttributes: [String: String] { host.description.lasting }

  /// The loop that does nothing between its stamps.
  private static let nullLoop = "empty"

  /// Counts the exits of all operations that this host can run.
  ///
  /// - Throws: ``Failure``.
  mutating func countExits(keepingTracesIn directory: FilePath?) throws(Failure) {
    var census = try CensusPass(settings, keepingTracesIn: directory)
    for index in results.indices where results[index].obstacle == nil {
      switch try census.run(workloads[index], on: host) {
      case .success(let exits): results[index].exits = exits
      case .failure(let obstacle): leaveOut(index, obstacle)
      }
    }
  }

  private mutating func leaveOut(_ index: Int, _ obstacle: Obstacle) {
    results[index].obstacle = obstacle.reason
    results[index].isUnsupported = obstacle.verdict == .unsupported
  }

  /// Measures all operations that are wanted and that this host can run, and beside them the null loop, whether or not it is
  /// one of them.
  ///
  /// - Throws: ``Failure``.
  mutating func measureCycles(
    budget: Double, seed: UInt64, ifWanted isWanted: (String) -> Bool = { _ in true }
  ) throws(Failure) {
    let names = results.filter { $0.obstacle == nil && isWanted($0.name) }.map(\.name)
    guard !names.isEmpty else { return }
    let isNamed = names.contains(Self.nullLoop)
    var pass = SuitePass(isNamed ? names : [Self.nullLoop] + names, side, seed: seed)
    let outcomes = try pass.run(budget: budget, tscKHz: host.tscKHz)
    if case .measured(let cycles)? = outcomes[Self.nullLoop] { stamps = cycles }
    for index in results.indices {
      switch outcomes[results[index].name] {
      case .measured(let cycles)?: results[index].cycles = cycles
      case .leftOut(let obstacle)?: leaveOut(index, obstacle)
      case nil: break
      }
    }
  }

  /// What was measured.
  func result() -> BenchResult {
    BenchResult(
      tool: Sortie.configuration.version, host: hostAttributes, machine: machine.description,
      session: BenchSession(
        ended: Self.now(), conditions: activity.conditions(), stamps: stamps, operations: results))
  }

  /// UTC, as ISO 8601.
  private static func now() -> String {
    var seconds = time(nil)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    var text = [CChar](repeating: 0, count: 32)
    strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
