import ArgumentParser
import Glibc
import SortieGate
import SystemPackage
import WorkloadCatalog

/// A session of `sortie bench` on this host: exits first, then cycles.
struct Measurement: ~Copyable {
  private let workloads: [Workload]
  private let side: Side
  private let host: HostUnderTest
  private let machine: MachineOptions
  private var results: [OperationResult]

  /// A session over `workloads`.
  ///
  /// - Throws: ``Failure`` when no guest can be run here.
  init(_ workloads: [Workload], _ machine: MachineOptions) throws(Failure) {
    let side = try Side(own: machine.words)
    let host = try HostUnderTest()
    self.workloads = workloads
    self.machine = machine
    self.side = side
    results = workloads.map { workload in
      OperationResult(
        name: workload.name,
        operationClass: GuestRun.operationClass(workload, workload.expectation(on: host.kind), on: host.kind),
        obstacle: workload.unsupportedReason(on: host.kind))
    }
    self.host = host
  }

  /// Attributes of the host.
  var hostAttributes: [String: String] { host.description.named }

  /// Counts the exits of all operations that this host can run.
  ///
  /// - Throws: ``Failure``.
  mutating func countExits(keepingTracesIn directory: FilePath?) throws(Failure) {
    var census = try CensusPass(side, keepingTracesIn: directory)
    for index in results.indices where results[index].obstacle == nil {
      switch try census.run(workloads[index]) {
      case .success(let exits): results[index].exits = exits
      case .failure(let obstacle): leaveOut(index, obstacle)
      }
    }
  }

  private mutating func leaveOut(_ index: Int, _ obstacle: Obstacle) {
    results[index].obstacle = obstacle.reason
    results[index].isUnsupported = obstacle.verdict == .unsupported
  }

  /// Measures all operations that this host can run.
  ///
  /// - Throws: ``Failure``.
  mutating func measureCycles(budget: Double, seed: UInt64) throws(Failure) {
    let names = results.filter { $0.obstacle == nil }.map(\.name)
    var pass = SuitePass(names, side, seed: seed)
    let outcomes = try pass.run(budget: budget, tscKHz: host.tscKHz)
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
    let changing = ["load": "load_before", "steal": "steal_since_boot"]
    let host = host.description.named
    return BenchResult(
      tool: Sortie.configuration.version, host: host.filter { changing[$0.key] == nil },
      machine: machine.description,
      session: BenchSession(
        ended: Self.now(),
        conditions: Dictionary(
          uniqueKeysWithValues: host.compactMap { key, value in changing[key].map { ($0, value) } }),
        operations: results))
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
