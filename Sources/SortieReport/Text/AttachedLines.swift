import SortieAnalysis

/// Which processes were attached to.
enum AttachedLines {
  /// VMs named; all stand in the JSON.
  private static let shown = 8

  static func lines(of analysis: Analysis, width: Int) -> [String] {
    let attached = analysis.vms.filter { $0.attributes["attached_pid"] != nil }
    let lines = attached.prefix(shown).flatMap { vm -> [String] in
      let name = printable(vm.name ?? "VM \(vm.vm)", limit: 40)
      let process = printable(vm.attributes["attached_pid"] ?? "", limit: 10)
      let command = printable(vm.attributes["command"] ?? vm.attributes["program"] ?? "")
      return wrapped("Attached to \(name), process \(process): \(command)", width: width, indent: "      ")
    }
    return lines + (attached.count > shown ? ["and to \(attached.count - shown) more VMs"] : [])
  }
}
