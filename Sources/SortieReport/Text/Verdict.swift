import SortieAnalysis

/// The top: whether to believe what follows, what was seen, and what was dearest.
enum Verdict {
  static func lines(of analysis: Analysis, width: Int) -> [String] {
    let totals = analysis.totals
    var sentences: [String] = []
    var first =
      analysis.trips.isCounted
      ? "\(counted(totals.heavy, "round trip")) to the VMM"
      : "How many exits went to the VMM was not recorded"
    if totals.kicks > 0 { first += " and \(counted(totals.kicks, "kick"))" }
    first += ", \(counted(UInt64(analysis.vms.count), "VM"))"
    first += ", \(counted(UInt64(analysis.vcpus.count), "vCPU"))"
    if totals.time.wall > 0 {
      if let time = nanoseconds(totals.time.wall, analysis.tscKilohertz) {
        first += ", \(duration(time)) of vCPU thread time"
      }
      if !analysis.trips.isTimed {
        first += "; how much of it in the VMM was not recorded"
      } else if totals.leftOutEvents == 0 {
        first += ", \(vmmShare(analysis)) of it in the VMM"
      }
    }
    sentences.append(first + ".")
    if totals.cutEvents > 0 {
      sentences.append(
        "That is the end of the recording: --max-size left out the first \(counted(totals.cutEvents, "event"))."
      )
    }
    if let filters = analysis.filters {
      sentences.append(
        "That is what filters (\(printable(filters))) kept: \(counted(totals.leftOutEvents, "event")) of"
          + " \(counted(totals.leftOutOperations, "operation")) were left out."
      )
    }
    if let episodes = totals.episodes, let light = totals.light {
      sentences.append("The kernel saw \(counted(episodes, "exit")), \(grouped(light)) of them light.")
    } else if let episodes = totals.episodes {
      sentences.append("The kernel saw \(counted(episodes, "exit")); which of them are light is unknown.")
    }
    if let dearest = analysis.sites.first(where: { $0.interval == .vmm && $0.exitClass == .heavy }),
      let p50 = dearest.cycles.p50
    {
      sentences.append(
        "Dearest in the VMM: \(printable(dearest.site)), median \(compact(p50)) \(analysis.unit.noun)\(time(p50, analysis))."
      )
    }
    if let vm = analysis.vms.first, analysis.vms.count == 1, let operation = vm.operation {
      sentences.append(contentsOf: sentence(of: operation, analysis))
    }
    if analysis.ledger.contains(where: { $0.kind == .warning }) {
      sentences.append("Mind the warnings at the end.")
    }
    return wrapped(sentences.joined(separator: " "), width: width)
  }

  /// The VMM's share of the threads' time; beside it that without the time that the threads were off the CPU, where the
  /// two differ.
  private static func vmmShare(_ analysis: Analysis) -> String {
    let totals = analysis.totals
    let share = percent(Double(totals.time.vmm) / Double(totals.time.wall))
    guard let parts = totals.parts, analysis.vcpus.allSatisfy({ $0.parts != nil || $0.time.wall == 0 }) else {
      return "\(share) %"
    }
    let onCPU = percent(Double(parts.vmm) / Double(max(parts.accounted &+ parts.unaccounted, 1)))
    return onCPU == share ? "\(share) %" : "\(share) % (\(onCPU) % on a CPU)"
  }

  private static func sentence(of operation: OperationSummary, _ analysis: Analysis) -> [String] {
    guard let p50 = operation.withRoundTrips.p50 else { return [] }
    var text = "To the guest an operation costs a median of \(compact(p50)) cycles\(time(p50, analysis))"
    if let usual = operation.compositions.first(where: { $0.band == .toP90 }) ?? operation.compositions.first
    {
      text +=
        "; \(usual.band == .toP90 ? "of the usual ones, up to the 90th percentile, " : "")"
        + "\(percent(usual.guestToHost)) % of the time is the way out, \(percent(usual.vmm)) % the VMM,"
        + (usual.between > 0 ? " \(percent(usual.between)) % in KVM between round trips," : "")
        + " \(percent(usual.hostToGuest)) % the way back"
    }
    return [text + "."]
  }

  /// Whether to believe it: what was checked, and how it came out.
  static func trust(_ analysis: Analysis) -> (text: String, holds: Bool) {
    func list(_ state: TrustCheck.State) -> [TrustCheck] { analysis.checks.filter { $0.state == state } }
    let (failed, unknown) = (list(.failed), list(.unknown))
    var text = ""
    if failed.isEmpty {
      text = "Verdict: all that can be checked here holds: \(list(.ok).map(\.text).joined(separator: ", "))."
    } else {
      let faults = failed.map { $0.text + (wanted($0).map { " (\($0) wanted)" } ?? "") }
      text =
        "Verdict: \(failed.count) of \(analysis.checks.count - unknown.count) checks FAILED: "
        + faults.joined(separator: "; ") + "."
    }
    if !unknown.isEmpty {
      text += " Not known here: \(unknown.map(\.text).joined(separator: ", "))."
    }
    return (text, failed.isEmpty)
  }

  private static func wanted(_ check: TrustCheck) -> String? {
    check.limit > 0 ? "\(fixed((1 - check.limit) * 100, 1)) %" : nil
  }

  private static func time(_ cycles: UInt64, _ analysis: Analysis) -> String {
    nanoseconds(cycles, analysis.tscKilohertz).map { " (\(duration($0)))" } ?? ""
  }
}
