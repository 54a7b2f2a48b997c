import SortieTrace

/// What the kernel's events can be trusted for, and what is missing where there are none.
enum KernelLedger {
  static func lines(of analysis: Analysis) -> [LedgerLine] {
    presence(analysis) + counter(analysis) + TimeLedger.lines(of: analysis) + pairing(analysis)
  }

  private static func presence(_ analysis: Analysis) -> [LedgerLine] {
    guard analysis.totals.parts != nil else {
      guard analysis.totals.leftOutEvents == 0 else { return [] }
      var text = "No kernel events in this trace"
      if let tier = analysis.host["kernel_tier"], let colon = tier.firstIndex(of: ":") {
        text += " (\(tier[tier.index(after: colon)...].drop { $0 == " " }))"
      }
      text +=
        ": episodes, light exits seen by the kernel, and the five stages are unknown; inside KVM_RUN, guest,"
        + " kernel and blocked time are not told apart."
      return [LedgerLine(kind: .missing, text: text)]
    }
    var lines: [LedgerLine] = []
    if analysis.totals.exitEvents == nil {
      lines.append(
        LedgerLine(
          kind: .missing,
          text:
            "The kernel reported no kvm_exit: light exits and the stages but the switch to user space are unknown,"
            + " and guest and kernel time are not told apart."))
    }
    if !analysis.probeCosts.contains(where: { $0.name == "kernel event" }) {
      lines.append(
        LedgerLine(kind: .missing, text: "What a kernel event costs was not measured in this run."))
    }
    if let missing = analysis.host["kernel_events_missing"] {
      lines.append(LedgerLine(kind: .missing, text: "Kernel events that were not recorded: \(missing)."))
    }
    return lines
  }

  /// `kvm_exit` events and what was declared lost, against KVM's own count.
  private static func counter(_ analysis: Analysis) -> [LedgerLine] {
    let totals = analysis.totals
    guard analysis.omission == nil, let events = totals.exitEvents, let counted = totals.kvmCounterExits,
      totals.counterComparable
    else {
      return []
    }
    if events == counted {
      return [
        LedgerLine(
          kind: .fact, text: "KVM counted \(grouped(counted)) exits, as many as there are kvm_exit events.")
      ]
    }
    let text = "KVM counted \(grouped(counted)) exits, and there are \(grouped(events)) kvm_exit events"
    guard counted > events, totals.lost > 0 || totals.lossesOfUnknownCount > 0 else {
      return [LedgerLine(kind: .warning, text: text + ": they do not agree, and no loss explains it.")]
    }
    return [
      LedgerLine(
        kind: .warning,
        text: text + "; \(grouped(totals.lost)) events of any kind were declared lost"
          + (totals.lossesOfUnknownCount > 0 ? ", and others nobody knows how many." : "."))
    ]
  }

  private static func pairing(_ analysis: Analysis) -> [LedgerLine] {
    var tally = EpisodeTally()
    for row in analysis.vcpus { if let kernel = row.kernel { tally.add(kernel) } }
    var lines: [LedgerLine] = []
    if analysis.totals.exitEvents != nil {
      let classes =
        analysis.trips.isCounted
        ? "\(grouped(tally.light)) light, \(grouped(tally.heavy)) heavy, \(grouped(tally.kicked)) kicked"
        : "of which class is unknown"
      var text =
        "\(grouped(tally.episodes)) exits to their re-entry: \(classes)"
        + "; \(grouped(tally.exits.unpaired)) exits without an entry (the last one of a vCPU is such)"
        + ", \(grouped(tally.exits.lost)) beside a loss"
      if tally.reentries > 0 { text += "; \(grouped(tally.reentries)) entries without an exit event" }
      lines.append(LedgerLine(kind: .fact, text: text + "."))
    }
    if tally.unseenReturns > 0 {
      let wall = max(analysis.totals.time.wall, 1)
      let share = Double(analysis.totals.parts?.unseen ?? 0) / Double(wall)
      lines.append(
        LedgerLine(
          kind: .missing,
          text:
            "\(tally.unseenReturns == 1 ? "Once" : "\(grouped(tally.unseenReturns)) times") the kernel reported that a vCPU thread left its CPU, and not that it came"
            + " back: until its next sign it counts as off-CPU or blocked, \(TimeLedger.percent(share)) % of the time,"
            + " though it ran for some of that."))
    }
    if tally.misplaced > 0 {
      lines.append(
        LedgerLine(
          kind: .warning,
          text:
            "\(grouped(tally.misplaced)) events of the kernel stand where none of their kind could, and no loss"
            + " explains it: the time around them is unaccounted."))
    }
    return lines
  }
}
