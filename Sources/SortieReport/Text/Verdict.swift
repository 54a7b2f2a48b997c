import SortieAnalysis

/// The paragraph at the top: what was seen, what was dearest, and whether to believe it.
enum Verdict {
  static func lines(of analysis: Analysis, width: Int) -> [String] {
    let totals = analysis.totals
    var sentences: [String] = []
    var first = "\(counted(totals.heavy, "round trip")) to the VMM"
    if totals.kicks > 0 { first += " and \(counted(totals.kicks, "kick"))" }
    first += ", \(counted(UInt64(analysis.vms.count), "VM"))"
    first += ", \(counted(UInt64(analysis.vcpus.count), "vCPU"))"
    if totals.time.wall > 0 {
      if let time = nanoseconds(totals.time.wall, analysis.tscKilohertz) {
        first += ", \(duration(time)) of vCPU thread time"
      }
      first += ", \(percent(Double(totals.time.vmm) / Double(totals.time.wall))) % of it in the VMM"
    }
    sentences.append(first + ".")
    if let episodes = totals.episodes, let light = totals.light {
      sentences.append("The kernel saw \(counted(episodes, "exit")), \(grouped(light)) of them light.")
    }
    if let dearest = analysis.sites.first(where: { $0.tier == .vmm && $0.exitClass == .heavy }),
      let p50 = dearest.cycles.p50
    {
      sentences.append(
        "Dearest in the VMM: \(printable(dearest.site)), median \(compact(p50)) cycles\(time(p50, analysis))."
      )
    }
    if let vm = analysis.vms.first, analysis.vms.count == 1, let operation = vm.operation {
      sentences.append(contentsOf: sentence(of: operation, analysis))
    }
    sentences.append(trust(analysis))
    return wrapped(sentences.joined(separator: " "), width: width)
  }

  private static func sentence(of operation: OperationSummary, _ analysis: Analysis) -> [String] {
    guard let p50 = operation.withRoundTrips.p50 else { return [] }
    var text = "To the guest an operation costs a median of \(compact(p50)) cycles\(time(p50, analysis))"
    if let usual = operation.compositions.first(where: { $0.band == .toP90 }) ?? operation.compositions.first
    {
      text +=
        "; \(usual.band == .toP90 ? "of the usual ones, up to the 90th percentile, " : "")"
        + "\(percent(usual.guestToHost)) % of the time is the way out, \(percent(usual.vmm)) % the VMM,"
        + " \(percent(usual.hostToGuest)) % the way back"
    }
    return [text + "."]
  }

  /// Whether to believe it: what was lost, and whether the parts of the time make the whole.
  private static func trust(_ analysis: Analysis) -> String {
    guard let parts = analysis.totals.parts, analysis.totals.time.wall > 0 else { return losses(analysis) }
    let share = Double(parts.accounted) / Double(analysis.totals.time.wall)
    return losses(analysis) + " \(percent(min(share, 1))) % of the threads' time is accounted for."
  }

  private static func losses(_ analysis: Analysis) -> String {
    if analysis.losses.isEmpty {
      return analysis.ledger.contains { $0.kind == .warning }
        ? "Nothing was lost; mind the warnings at the end."
        : "Nothing was lost."
    }
    let unknown = analysis.totals.lossesOfUnknownCount
    return "\(counted(analysis.totals.lost, "event")) lost"
      + (unknown > 0 ? ", and an unknown number in \(counted(unknown, "range"))" : "") + ": see the end."
  }

  private static func time(_ cycles: UInt64, _ analysis: Analysis) -> String {
    nanoseconds(cycles, analysis.tscKilohertz).map { " (\(duration($0)))" } ?? ""
  }
}
