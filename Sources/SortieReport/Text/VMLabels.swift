import SortieAnalysis

/// What the VMs of a trace are called: by the name of the run, with the VM's number where several runs have that name, as
/// the boots of a PC that was reset have.
struct VMLabels {
  private let labels: [UInt32: String]

  init(_ vms: [VMSummary]) {
    let counts = Dictionary(vms.compactMap { vm in vm.name.map { ($0, 1) } }, uniquingKeysWith: +)
    labels = Dictionary(
      vms.compactMap { vm in
        vm.name.map { name in
          let shown = printable(name, limit: 24)
          return (vm.vm, counts[name, default: 1] > 1 ? "\(vm.vm) \(shown)" : shown)
        }
      }, uniquingKeysWith: { first, _ in first })
  }

  /// The name of a VM; `VM 7` of one whose run has none.
  subscript(vm: UInt32) -> String { labels[vm] ?? "VM \(vm)" }
}
