import SortieAnalysis

/// What the devices of PCs were asked for, each in a line, and what their threads used of the host's processors.
enum DeviceTable {
  static func lines(of analysis: Analysis, _ labels: VMLabels, _ style: TextStyle, width: Int) -> [String] {
    let machines = Set(analysis.vms.filter(\.isPC).map(\.vm))
    let rows = analysis.devices.filter { machines.contains($0.vm) }
    guard !rows.isEmpty else { return [] }
    let isOne = analysis.vms.count == 1
    var table = TextTable(
      ["<device"] + (isOne ? [] : ["<PC"])
        + ["round trips", "time %", "VMM cycles", "mean", "own thread, CPU time"])
    for row in rows.prefix(TextReportWriter.shownRows) {
      table.add(
        [printable(row.device, limit: 24)] + (isOne ? [] : [labels[row.vm]])
          + [
            compact(row.roundTrips), row.vcpuTimeShare.map(percent) ?? "-", compact(row.vmmCycles),
            row.roundTrips > 0 ? approximate(Double(row.vmmCycles) / Double(row.roundTrips)) : "-",
            row.threadCPUTime.map { duration(Double($0)) } ?? "-",
          ])
      if let fault = row.fault { table.addNote("  stopped: " + printable(fault)) }
    }
    let more = rows.count - TextReportWriter.shownRows
    let note =
      "u0 to u1 of round trips into the device, all its addresses together. Kicks through ioeventfd make none: what"
      + " they cost a device is its own thread's time. The thread virtio is that of all devices without one; vhost is the kernel's, of devices that it serves."
    return table.lines(style, width: width)
      + (more > 0 ? [style.dim("and \(more) more: sortie report --json")] : [])
      + wrapped(note, width: width).map(style.dim)
  }

  /// Devices that stopped, each in a sentence for the top of the report.
  static func faults(of analysis: Analysis, _ labels: VMLabels) -> [String] {
    let faults = analysis.devices.compactMap { row in
      row.fault.map { fault in
        "\(printable(row.device, limit: 24)) of \(labels[row.vm]) stopped for what its guest did: \(printable(fault))."
      }
    }
    let most = 8
    return faults.prefix(most)
      + (faults.count > most
        ? ["So did \(faults.count - most) more devices: see the warnings at the end."] : [])
  }
}
