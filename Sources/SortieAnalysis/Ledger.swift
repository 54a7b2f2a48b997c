import SortieTrace

/// Writes down what the figures of an analysis can be trusted for, from its own numbers.
enum Ledger {
  static func lines(of analysis: Analysis) -> [LedgerLine] {
    var lines: [LedgerLine] = []
    host(analysis, &lines)
    faults(analysis, &lines)
    omissions(analysis, &lines)
    lines += KernelLedger.lines(of: analysis)
    losses(analysis, &lines)
    counters(analysis, &lines)
    pairing(analysis, &lines)
    order(analysis, &lines)
    bounds(analysis, &lines)
    return lines
  }

  private static func host(_ analysis: Analysis, _ lines: inout [LedgerLine]) {
    switch analysis.emulatesGuestCode {
    case true?:
      lines.append(
        LedgerLine(
          kind: .warning,
          text:
            "This KVM emulates guest code: there is no hardware exit. What the VMM timed is real; guest round"
            + " trips show the emulator; do not compare either with hardware."))
    case nil:
      lines.append(
        LedgerLine(kind: .missing, text: "Whether this KVM executes guest code in hardware was not recorded.")
      )
    case false?:
      break
    }
    if analysis.guestExecution == .emulatedProcessor {
      lines.append(
        LedgerLine(
          kind: .warning,
          text:
            "This host's processor is emulated by QEMU: exits, their counts and their order are real, cycles are the"
            + " emulator's and say nothing about cost."))
    }
    imported(analysis, &lines)
    if analysis.tscKilohertz == nil {
      lines.append(
        LedgerLine(kind: .missing, text: "The TSC frequency is unknown: cycles only, no times, no rates."))
    }
    if analysis.host.flag("tsc_invariant") == false {
      lines.append(
        LedgerLine(
          kind: .warning,
          text: "The TSC of this host is not invariant: cycles are not a constant unit of time."))
    }
  }

  /// What the recording of another tool does not say.
  private static func imported(_ analysis: Analysis, _ lines: inout [LedgerLine]) {
    guard analysis.host["imported_from"] != nil else { return }
    if let missing = analysis.host["import_missing"] {
      lines.append(
        LedgerLine(kind: .warning, text: "The recording could not be read to its end: \(missing)."))
    }
    if analysis.unit == .nanoseconds {
      lines.append(
        LedgerLine(
          kind: .missing,
          text:
            "The recording has no cycles: all durations are ns of its clock, \(analysis.host["stamp_clock"] ?? "unknown")."
        ))
    }
    switch analysis.trips {
    case .stamped: break
    case .counted:
      lines.append(
        LedgerLine(
          kind: .missing,
          text:
            "The recording has no raw_syscalls: how long round trips were in the machine monitor is unknown, and their"
            + " durations are k0 to k2."))
    case .unknown:
      lines.append(
        LedgerLine(
          kind: .missing,
          text:
            "The recording has no kvm_userspace_exit: which exits went to the machine monitor is unknown, and so is the"
            + " class of every exit."))
    }
    if !analysis.knowsSchedule {
      lines.append(
        LedgerLine(
          kind: .missing,
          text:
            "The recording has no sched_switch: time off the CPU and asleep is in all durations, and unknown."
        ))
    }
  }

  /// What the recorder was told to leave out.
  private static func omissions(_ analysis: Analysis, _ lines: inout [LedgerLine]) {
    let totals = analysis.totals
    if analysis.isAggregate {
      lines.append(
        LedgerLine(
          kind: .missing,
          text:
            "Only histograms and sums were kept (--aggregate): instructions, the longest stays and their causes, system"
            + " calls between round trips, details of what KVM did and operations of the guest are unknown."))
      let time = totals.time.wall.addingSaturated(analysis.unobserved)
      if Double(analysis.unobserved) > Double(time) * TrustCheck.closureLimit {
        let share = TimeLedger.percent(Double(analysis.unobserved) / Double(time))
        lines.append(
          LedgerLine(
            kind: .missing,
            text:
              "For \(share) % of the time from the first to the last event of the vCPUs they were not observed: they"
              + " came and went, or began anew; shares of time are of the time that was observed."))
      }
      if analysis.unread > 0 {
        lines.append(
          LedgerLine(
            kind: .warning,
            text: "\(plural(analysis.unread, "row")) of sites and vCPUs were not read: there are too many."))
      }
    }
    if let filters = analysis.filters {
      lines.append(
        LedgerLine(
          kind: .missing,
          text: "Filtered while recording (\(filters)): \(plural(totals.leftOutEvents, "event")) left out,"
            + " among them \(plural(totals.leftOutOperations, "whole operation")); all figures are of what was kept,"
            + " shares of time are of all time, and how much time was the guest's, KVM's or the VMM's altogether is"
            + " unknown."))
    }
    if let omission = analysis.cutOmission {
      lines.append(
        LedgerLine(
          kind: .missing,
          text:
            "The file was to hold no more than so many bytes: \(omission). Figures begin where all streams have all"
            + " their events; what KVM counted is of the whole run."))
    }
    let vcpus = analysis.vms.compactMap { vm in
      vm.attributes["vcpus_left_out"].map { "\($0) of VM \(vm.vm)" }
    }
    if !vcpus.isEmpty {
      lines.append(
        LedgerLine(
          kind: .missing, text: "vCPUs that were not recorded (--vcpu): \(vcpus.joined(separator: "; "))."))
    }
  }

  /// A guest whose device stopped did less than it wanted to.
  private static func faults(_ analysis: Analysis, _ lines: inout [LedgerLine]) {
    for row in analysis.devices {
      guard let fault = row.fault else { continue }
      lines.append(
        LedgerLine(
          kind: .warning,
          text: "\(row.device) of VM \(row.vm) stopped for what its guest did: \(fault)."))
    }
  }

  private static func losses(_ analysis: Analysis, _ lines: inout [LedgerLine]) {
    guard !analysis.unwantedLosses.isEmpty else {
      lines.append(LedgerLine(kind: .fact, text: "Nothing was declared lost."))
      return
    }
    let byCause = Dictionary(grouping: analysis.unwantedLosses) { $0.cause?.text ?? "unknown cause" }
    for (cause, losses) in byCause.sorted(by: { $0.key < $1.key }) {
      let known = losses.compactMap(\.count).reduce(UInt64(0)) { $0.addingSaturated($1) }
      let unknown = losses.count { $0.count == nil }
      var text = "Lost: \(grouped(known)) events in \(plural(UInt64(losses.count), "range")), \(cause)"
      if unknown > 0 { text += "; in \(unknown) of them nobody knows how many" }
      lines.append(LedgerLine(kind: .warning, text: text + "."))
    }
  }

  private static func counters(_ analysis: Analysis, _ lines: inout [LedgerLine]) {
    let totals = analysis.totals
    guard let exits = totals.kvmCounterExits else {
      lines.append(
        LedgerLine(
          kind: .missing, text: "KVM's counter of exits was not read before and after the run of each VM."))
      return
    }
    guard totals.counterComparable else {
      lines.append(
        LedgerLine(
          kind: .missing,
          text:
            "KVM's counter says \(grouped(exits)) exits: not comparable on this host, so light exits are unknown, not zero."
        ))
      return
    }
    guard totals.exitEvents == nil, analysis.omission == nil else { return }
    let isPlausible = exits >= totals.heavy
    lines.append(
      LedgerLine(
        kind: isPlausible ? .fact : .warning,
        text: "KVM counted \(grouped(exits)) exits; \(grouped(totals.heavy)) round trips reached the VMM"
          + (isPlausible ? "." : ": more than there were exits (an access across a page makes two).")))
  }

  private static func pairing(_ analysis: Analysis, _ lines: inout [LedgerLine]) {
    guard analysis.totals.spans > 0 else {
      lines.append(
        LedgerLine(kind: .missing, text: "No guest stamps: what a round trip costs the guest is unknown."))
      return
    }
    var tally = PairingTally()
    for row in analysis.vcpus { tally.add(row.pairing) }
    lines.append(
      LedgerLine(
        kind: .fact,
        text: "\(plural(tally.spans, "guest span")): \(grouped(tally.spansWithRoundTrips)) with round trips"
          + " inside (\(grouped(tally.roundTripsPaired))), \(grouped(tally.spansWithout)) with none."))
    let faults: [(UInt64, String)] = [
      (tally.spansKicked, "a kick inside, kept out of the costs"),
      (tally.spansLost, "events are missing inside"),
      (tally.spansUncovered, "outside what the VMM recorded"),
      (tally.spansCrossing, "crossed by a round trip, so clocks disagree or stamps are out of order"),
      (tally.spansInverted, "stamps out of order"),
      (tally.spansUnaligned, "nothing aligns the guest's clock with the host's"),
    ]
    for (count, meaning) in faults where count > 0 {
      lines.append(LedgerLine(kind: .warning, text: "\(plural(count, "guest span")) not paired: \(meaning)."))
    }
  }

  private static func order(_ analysis: Analysis, _ lines: inout [LedgerLine]) {
    let totals = analysis.totals
    if totals.inversions > 0 {
      lines.append(LedgerLine(kind: .warning, text: "\(grouped(totals.inversions)) events are out of order."))
    } else {
      lines.append(LedgerLine(kind: .fact, text: "Every event is in order."))
    }
    if totals.unknown > 0 {
      lines.append(
        LedgerLine(
          kind: .warning, text: "\(plural(totals.unknown, "exit")) of a reason without a name."))
    }
    if totals.unstamped > 0 {
      lines.append(
        LedgerLine(
          kind: .warning,
          text: "\(plural(totals.unstamped, "round trip")) without a stamp: counted, not timed."))
    }
    if analysis.trips.isTimed, totals.time.unaccounted > 0 {
      lines.append(
        LedgerLine(
          kind: .warning,
          text: "\(share(totals.time.unaccounted, of: totals.time)) is unaccounted: events are missing there."
        ))
    }
    if totals.time.overcounted > 0 {
      lines.append(
        LedgerLine(
          kind: .warning,
          text: "\(share(totals.time.overcounted, of: totals.time)) is counted twice: round trips overlap."))
    }
  }

  private static func bounds(_ analysis: Analysis, _ lines: inout [LedgerLine]) {
    let totals = analysis.totals
    if totals.foldedInstructions > 0 {
      lines.append(
        LedgerLine(
          kind: .warning,
          text:
            "\(grouped(totals.foldedInstructions)) round trips came from more instructions than the table holds: they stand"
            + " under their site only."))
    }
    if totals.foldedSites > 0 {
      lines.append(
        LedgerLine(
          kind: .warning,
          text:
            "\(grouped(totals.foldedSites)) round trips and light exits came from more sites than the tables hold: \"other\"."
        ))
    }
  }

  private static func share(_ cycles: UInt64, of time: Totals.Time) -> String {
    guard time.wall > 0 else { return "More than all of the vCPU threads' time" }
    let percent = Double(cycles) / Double(time.wall) * 100
    return "\((percent * 100).rounded() / 100) % of the vCPU threads' time"
  }

  private static func plural(_ count: UInt64, _ noun: String) -> String {
    "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")"
  }
}
