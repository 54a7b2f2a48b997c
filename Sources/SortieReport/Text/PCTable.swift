import SortieAnalysis

/// The PCs of a trace: what each was made of, what it booted and how it ended.
enum PCTable {
  static func lines(of analysis: Analysis, _ labels: VMLabels, _ style: TextStyle, width: Int) -> [String] {
    let rows = analysis.vms.filter(\.isPC)
    guard !rows.isEmpty else { return [] }
    var table = TextTable([
      "<PC", "<boot protocol", "vCPUs", "memory", "<irqchip", "<kick", "<interrupt", "<paravirt",
    ])
    for vm in rows.prefix(TextReportWriter.shownRows) {
      func text(_ name: String) -> String { vm.attributes[name].map { printable($0, limit: 20) } ?? "-" }
      table.add([
        labels[vm.vm], text("boot_protocol"), text("vcpus"), text("memory_mib") + " MiB", text("irqchip"),
        text("kick"), text("interrupt"), text("paravirt"),
      ])
      for note in notes(vm) {
        for line in wrapped(printable(note, limit: 400), width: width - 2, indent: "  ") {
          table.addNote("  " + line)
        }
      }
    }
    let more = rows.count - TextReportWriter.shownRows
    return table.lines(style, width: width)
      + (more > 0 ? [style.dim("and \(more) more: sortie report --json")] : [])
  }

  private static func notes(_ vm: VMSummary) -> [String] {
    let attributes = vm.attributes
    func given(_ name: String) -> String? { attributes[name].flatMap { $0.isEmpty ? nil : $0 } }
    var parts: [String] = []
    // What a PC has unless told otherwise needs no words.
    if let backing = given("backing"), backing != "thp" { parts.append("memory of \(backing)") }
    if let disks = given("disks") { parts.append("disks: \(disks)") }
    if let networks = given("networks") { parts.append("networks: \(networks)") }
    if let balloon = given("balloon_mib"), balloon != "0" {
      let held = attributes.number("balloon_pages").map { ", \(grouped($0)) pages held at the end" } ?? ""
      parts.append("balloon: \(balloon) MiB asked for\(held)")
    }
    if !parts.isEmpty { parts = [parts.joined(separator: "; ")] }
    return [given("outcome")].compactMap(\.self) + parts
      + [given("command_line").map { "command line: \($0)" }].compactMap(\.self)
  }
}
