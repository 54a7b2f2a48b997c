import SortieTrace

/// Whether the time of the vCPU threads is all accounted for, and whether the scheduler says the same of it.
enum TimeLedger {
  static func lines(of analysis: Analysis) -> [LedgerLine] { closure(analysis) + scheduler(analysis) }

  /// The parts of the vCPU threads' time against their wall time.
  private static func closure(_ analysis: Analysis) -> [LedgerLine] {
    if let omission = analysis.filterOmission {
      return [
        LedgerLine(
          kind: .missing, text: "Whether the time of the vCPU threads closes cannot be told: \(omission).")
      ]
    }
    guard let closure = TimeClosure(analysis.vcpus) else { return [] }
    let places =
      analysis.totals.exitEvents == nil
      ? "guest and kernel together, switch out, VMM, switch in, blocked and off-CPU"
      : "guest, kernel, switch out, VMM, switch in, blocked and off-CPU"
    var text =
      "Time closes to \(percentRoundedDown(1 - closure.gapShare)) %: \(places) against the wall time of the vCPU"
      + " threads"
    if analysis.vcpus.count > 1 {
      text += ", \(percentRoundedDown(1 - closure.worstShare)) % for the worst of them"
    }
    return [
      LedgerLine(kind: closure.gapShare <= TrustCheck.closureLimit ? .fact : .warning, text: text + ".")
    ]
  }

  /// What the scheduler counted of the threads against what the events say.
  private static func scheduler(_ analysis: Analysis) -> [LedgerLine] {
    if let omission = analysis.cutOmission {
      return [
        LedgerLine(
          kind: .missing,
          text:
            "The scheduler's account of the vCPU threads (schedstat) is of the whole run and cannot be held against"
            + " what is here: \(omission).")
      ]
    }
    guard let agreement = analysis.totals.scheduler, agreement.window > 0 else {
      let reasons = Set(analysis.vms.compactMap { $0.attributes["schedstat_missing"] }).sorted()
      let reason = reasons.isEmpty ? "" : " (\(reasons.joined(separator: "; ")))"
      return [
        LedgerLine(
          kind: .missing,
          text: "The scheduler's account of the vCPU threads (schedstat) was not recorded\(reason).")
      ]
    }
    var lines: [LedgerLine] = []
    let missing = analysis.vcpus.count { $0.time.wall > 0 && $0.scheduler == nil }
    if missing > 0 {
      lines.append(
        LedgerLine(
          kind: .missing,
          text: "Of \(missing) vCPU threads the scheduler's account (schedstat) was not recorded."))
    }
    guard let kilohertz = analysis.tscKilohertz, kilohertz > 0 else { return lines }
    func share(_ nanoseconds: UInt64) -> String {
      percent(Double(nanoseconds) * Double(kilohertz) / 1e6 / Double(agreement.window))
    }
    let account =
      "\(share(agreement.onCPU)) % of the time on a CPU, \(share(agreement.runDelay)) % waiting for one"
    guard let own = agreement.eventsOnCPU, let difference = agreement.checkedShare else {
      return lines + [
        LedgerLine(
          kind: .missing,
          text:
            "schedstat says of the vCPU threads: \(account). Without sched_switch events nothing stands against it."
        )
      ]
    }
    let holds = difference <= max(TrustCheck.schedulerLimit, agreement.uncertaintyShare)
    lines.append(
      LedgerLine(
        kind: holds ? .fact : .warning,
        text:
          "schedstat agrees to \(percentRoundedDown(1 - difference)) % on the time that the threads ran or"
          + " waited for a CPU: \(account); the events say"
          + " \(percent(agreement.awakeShare ?? 0)) % of either."
          + lag(agreement, kilohertz) + (holds ? "" : excuse(agreement, kilohertz))))
    if let apart = agreement.onCPUDifferenceShare, apart > TrustCheck.schedulerLimit {
      let uncertain = agreement.onCPUUncertaintyShare
      let each = microseconds(agreement.onCPUDifference, each: agreement.timeslices, kilohertz)
      let reason =
        uncertain == 0
        ? ""
        : ": where a wake-up caused the switch, the scheduler counts from the one or from the other on, and the events do"
          + " not say which, \(percent(uncertain)) % either way"
      lines.append(
        LedgerLine(
          kind: apart <= max(TrustCheck.schedulerLimit, uncertain) ? .fact : .warning,
          text: "On the time on a CPU alone, schedstat and the events, which say"
            + " \(percent(Double(own) / Double(agreement.window))) %, differ by \(percent(apart)) %, \(each) µs for each"
            + " of \(agreement.timeslices) time slices\(reason)."))
    }
    return lines
  }

  /// How late the events of a thread that sleeps are; nothing where no such event was measured.
  private static func lag(_ agreement: SchedulerAgreement, _ kilohertz: UInt64) -> String {
    let lag = agreement.lag
    guard lag.sleeps.count > 0, lag.wakeups.count > 0 else { return "" }
    func each(_ cycles: UInt64, of delay: SchedulerLag.Delay) -> UInt64 {
      microseconds(cycles, each: delay.count, kilohertz)
    }
    return
      " The scheduler reads its clock \(each(lag.sleeps.least, of: lag.sleeps)) to"
      + " \(each(lag.sleeps.most, of: lag.sleeps)) µs before it reports a sleep and up to"
      + " \(each(lag.wakeups.most, of: lag.wakeups)) µs before a wake-up: the middle of either is taken back here, which"
      + " leaves \(percent(agreement.uncertaintyShare)) % either way."
  }

  /// What may stand behind a disagreement.
  private static func excuse(_ agreement: SchedulerAgreement, _ kilohertz: UInt64) -> String {
    let reports =
      agreement.lag.sleeps.count > 0
      ? "" : ", and a switch is reported after the scheduler read its clock, how late was not recorded"
    return
      " schedstat leaves out what a hypervisor below took (steal)\(reports): of \(agreement.timeslices) time slices,"
      + " \(microseconds(agreement.difference, each: agreement.timeslices, kilohertz)) µs each would make the"
      + " difference."
  }

  /// So many cycles of each time slice, microseconds.
  private static func microseconds(_ cycles: UInt64?, each timeslices: UInt64, _ kilohertz: UInt64) -> UInt64
  {
    let each = Double(cycles ?? 0) * 1e3 / Double(kilohertz) / Double(max(timeslices, 1))
    return UInt64(min(each, 0x1p62).rounded())
  }

  /// With two decimals.
  static func percent(_ share: Double) -> String {
    let hundredths = Int((max(0, min(share, 1e6)) * 10_000).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
  }
}
