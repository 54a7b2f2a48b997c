import WorkloadCatalog

/// Operations as the command line names them.
enum Operations {
  /// A number of operations under one name.
  enum Suite: String, CaseIterable {
    /// The whole catalog, the null loop first.
    case all
    /// What the kernel handles by itself.
    case light
    /// What goes on to the machine monitor.
    case heavy
    /// What kvm-unit-tests' `vmexit` measures.
    case vmexit

    /// Its operations. Light and heavy are taken as on a host with hardware exits, so that a suite is the same everywhere.
    var workloads: [Workload] {
      switch self {
      case .all: StandardSet.workloads
      case .light, .heavy: Workload.all.filter { Self.operationClass($0) == rawValue }
      case .vmexit: VMExitNames.all.compactMap { Workload.named($0.workload) }
      }
    }

    private static func operationClass(_ workload: Workload) -> String {
      let host = HostKind(.svm)
      return GuestRun.operationClass(workload, workload.expectation(on: host), on: host)
    }
  }

  /// For the help of arguments that name operations.
  static let help =
    "Operations, by the names that `sortie workloads` lists, or suites: all, light, heavy, vmexit; none: all."

  /// The workloads that `names` name, each once, or all of the catalog.
  ///
  /// - Throws: ``Failure`` naming the one that does not exist.
  static func named(_ names: [String]) throws(Failure) -> [Workload] {
    var found: [Workload] = []
    for name in names.isEmpty ? [Suite.all.rawValue] : names {
      let workloads = Suite(rawValue: name)?.workloads ?? Workload.named(name).map { [$0] } ?? []
      guard !workloads.isEmpty else {
        let suites = Suite.allCases.map(\.rawValue).joined(separator: ", ")
        throw Failure(
          "there is no operation or suite \(name); `sortie workloads` lists operations, suites are \(suites)",
          status: .usage)
      }
      for workload in workloads where !found.contains(where: { $0.name == workload.name }) {
        found.append(workload)
      }
    }
    return found
  }
}
