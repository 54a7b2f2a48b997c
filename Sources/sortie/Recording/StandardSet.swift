import WorkloadCatalog

/// The guests that `sortie record` runs when none is named: the whole catalog, the null loop first, for it tells what
/// the stamps of all others cost.
enum StandardSet {
  static var workloads: [Workload] {
    Workload.all.filter { $0.name == "empty" } + Workload.all.filter { $0.name != "empty" }
  }
}
