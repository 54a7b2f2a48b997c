import WorkloadCatalog

/// Operations as the command line names them.
enum Operations {
  /// The workloads that `names` name, or all of the catalog, the null loop first.
  ///
  /// - Throws: ``Failure`` naming the one that does not exist.
  static func named(_ names: [String]) throws(Failure) -> [Workload] {
    guard !names.isEmpty else { return StandardSet.workloads }
    var found: [Workload] = []
    for name in names {
      guard let workload = Workload.named(name) else {
        throw Failure("there is no operation \(name); `sortie workloads` lists them", status: .usage)
      }
      if !found.contains(where: { $0.name == workload.name }) { found.append(workload) }
    }
    return found
  }
}
