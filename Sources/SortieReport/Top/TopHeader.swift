import SortieAnalysis

/// What stands above the tables of `sortie top`.
enum TopHeader {
  /// What the probes cost and how much they lost.
  static func probes(_ snapshot: TopSnapshot) -> String {
    var words: [String] = []
    if let cost = snapshot.eventCost {
      let time = nanoseconds(cost, snapshot.tscKilohertz).map { " (\(duration($0)))" } ?? ""
      words.append("\(grouped(cost)) cycles\(time) an event")
    } else {
      words.append("cost of an event unknown")
    }
    if let events = snapshot.eventsPerExit { words.append("\(fixed(events, 1)) events an exit") }
    if let share = snapshot.probeShare { words.append("\(fixed(share * 100, 1)) % of the vCPUs' time") }
    let lost =
      snapshot.lostInAll == 0
      ? "none lost" : "\(grouped(snapshot.lost)) lost now, \(grouped(snapshot.lostInAll)) in all"
    return
      "probes: \(words.joined(separator: ", ")); \(lost); sortie \(fixed(snapshot.ownShare * 100, 1)) % CPU"
  }

  /// What is shown.
  static func view(_ snapshot: TopSnapshot, _ view: TopView) -> String {
    let vms = snapshot.vms.count
    var words = ["sortie top", "\(fixed(snapshot.time, 0)) s"]
    if view.isPaused { words.append("PAUSED") }
    switch view.selection {
    case .all: words.append(vms == 1 ? "1 VM" : "\(vms) VMs")
    case .vm(let vm): words.append(name(vm, snapshot))
    case .vcpu(let vm, let vcpu): words.append("\(name(vm, snapshot)) vCPU \(vcpu)")
    }
    words.append("by \(view.order.rawValue)")
    if let exitClass = view.exitClass { words.append("\(exitClass.rawValue) only") }
    if view.isTyping {
      words.append("/\(printable(view.filter))_")
    } else if !view.filter.isEmpty {
      words.append("/\(printable(view.filter))/")
    }
    return words.joined(separator: "  ")
  }

  private static func name(_ vm: UInt32, _ snapshot: TopSnapshot) -> String {
    CellWidth.cut(printable(snapshot.vms.first { $0.live.vm == vm }?.name ?? "VM \(vm)"), 24)
  }
}
