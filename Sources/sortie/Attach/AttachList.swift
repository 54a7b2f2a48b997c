import SortieProbes
import SortieReport

/// The VMs of a host as `sortie attach --list` shows them.
enum AttachList {
  static func text(of processes: [KVMProcess]) -> String {
    guard !processes.isEmpty else {
      return "No process that may be looked at has a VM of KVM's (as root, all may)."
    }
    let rows =
      [["PID", "vCPUs", "NAME", "COMMAND"]]
      + processes.map { process in
        [
          "\(process.pid)", "\(process.vcpus.count)", printable(process.name),
          printable(process.arguments.isEmpty ? process.program : process.arguments.joined(separator: " ")),
        ]
      }
    let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
        .joined(separator: "  ") + "  " + row[3]
    }.joined(separator: "\n")
  }
}
