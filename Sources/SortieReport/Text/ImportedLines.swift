import SortieAnalysis

/// Which recording of another tool a trace was made of, and by which clock.
enum ImportedLines {
  static func lines(of analysis: Analysis, width: Int) -> [String] {
    guard let source = analysis.host["imported_from"] else { return [] }
    var text = "Imported from \(printable(source))"
    if let clock = analysis.host["stamp_clock"] { text += ", by \(printable(clock))" }
    let processes = analysis.vms.compactMap { vm in
      vm.attributes["imported_pid"].map {
        "\(printable(vm.name ?? "VM \(vm.vm)", limit: 40)), process \(printable($0, limit: 10))"
      }
    }
    if !processes.isEmpty {
      text += ": " + processes.prefix(shown).joined(separator: "; ")
      if processes.count > shown { text += "; and \(processes.count - shown) more VMs" }
    }
    return wrapped(text, width: width, indent: "      ")
  }

  /// VMs named; all stand in the JSON.
  private static let shown = 8
}
