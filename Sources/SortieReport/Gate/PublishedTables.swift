import SortieAnalysis
public import SortieGate

/// A run in the shape of a table that others have published, their figures beside it. Their hosts are other hosts: figures
/// in one line say what order to expect, not who is faster.
public enum PublishedTable: String, CaseIterable, Sendable {
  /// kvm-unit-tests' `vmexit`: cycles, by its names.
  case vmexit
  /// Table 1 of "PVM: Efficient Shadow Paging for Deploying Secure Containers in Cloud-native Environment" (SOSP 2023):
  /// microseconds.
  case pvm

  /// The operations that the table has lines for, `names` as below.
  public func workloads(_ names: [(name: String, workload: String)]) -> [String] {
    self == .vmexit ? names.map(\.workload) : Self.publishedPVM.map(\.workload)
  }

  /// The table, `names` the published names with the operations they stand for.
  ///
  /// - Parameter width: columns of the terminal.
  public func text(
    _ result: BenchResult, names: [(name: String, workload: String)], colour: Bool, width: Int = 110
  ) -> String {
    let style = TextStyle(colour: colour)
    let byName = Dictionary(result.operations.map { ($0.name, $0) }) { first, _ in first }
    let kilohertz = result.host["tsc_khz"].flatMap { UInt64($0) }
    var table: TextTable
    switch self {
    case .vmexit:
      table = TextTable(["<vmexit", "<operation", "median", "mean", "kvm-unit-tests 2012, mean"])
      for (name, workload) in names {
        guard let operation = byName[workload] else { continue }
        table.add([
          name, workload, cell(operation.cycles?.p50) { grouped($0) },
          cell(operation.cycles?.mean) { grouped($0) },
          Self.published2012[name].map { grouped($0) } ?? "-",
        ])
      }
    case .pvm:
      table = TextTable(["<operation", "<here", "median, µs", "bare metal, µs", "nested, µs"])
      for row in Self.publishedPVM {
        guard let operation = byName[row.workload] else { continue }
        let here = operation.cycles?.p50.flatMap { nanoseconds($0, kilohertz) }.map { fixed($0 / 1000, 2) }
        table.add([row.name, row.workload, here ?? "-", row.bare, row.nested])
      }
    }
    let stamps = stampLine(result.sessions.last?.stamps).map { [$0] } ?? []
    return ([hostLine(result.host), ""] + table.lines(style, width: width) + ["", source] + stamps).joined(
      separator: "\n")
  }

  private var source: String {
    switch self {
    case .vmexit:
      "Cycles of the TSC. Published: kvm-unit-tests vmexit as posted in 2012, bare metal; - where no figure is known."
    case .pvm: "Published: PVM, SOSP 2023, table 1: KVM on a Xeon 8269CY, on bare metal and nested."
    }
  }

  private func cell(_ cycles: UInt64?, _ text: (UInt64) -> String) -> String { cycles.map(text) ?? "-" }

  private static let published2012: [String: UInt64] = [
    "vmcall": 3898, "outl_to_kernel": 4451, "inl_from_qemu": 20_574,
  ]

  private static let publishedPVM: [(name: String, workload: String, bare: String, nested: String)] = [
    ("hypercall", "hypercall", "0.46", "7.43"), ("CPUID", "cpuid", "0.54", "7.10"),
    ("MSR access", "msr-write", "0.87", "8.18"), ("PIO to user space", "pio-write", "3.39-3.79", "29.3"),
  ]
}
