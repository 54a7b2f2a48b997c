import SortieAnalysis
import SortieGate

/// What a side of a comparison is called: `A` for the first.
public func comparisonLetter(_ side: Int) -> String {
  side < 26 ? String(UnicodeScalar(UInt8(ascii: "A") + UInt8(side))) : "\(side + 1)"
}

/// How a comparison reads, in every form of it.
enum ComparisonWords {
  static func letter(_ side: Int) -> String { comparisonLetter(side) }

  /// A side by its letter and its name.
  static func name(_ comparison: TraceComparison, _ side: Int) -> String {
    "\(letter(side)) \(printable(comparison.sides[side].name, limit: 40))"
  }

  /// A site with the device that was entered: `heavy pio write 0x3f8/1 (uart)`.
  static func name(_ site: ComparedSite) -> String {
    "\(site.exitClass.rawValue) \(printable(site.site))"
      + (site.device.map { " (\(printable($0, limit: 24)))" } ?? "")
      + (site.workload.map { $0.isEmpty ? "" : " of \(printable($0, limit: 24))" } ?? "")
  }

  /// A number of exits that is often a small fraction.
  static func each(_ value: Double?) -> String {
    guard let value else { return "-" }
    if value == 0 { return "0" }
    return abs(value) < 0.1 ? fixed(value, 4) : abs(value) < 1000 ? fixed(value, 2) : approximate(value)
  }

  /// A difference with its sign.
  static func signed(_ value: Double?, _ text: (Double) -> String) -> String {
    value.map { ($0 > 0 ? "+" : $0 < 0 ? "-" : "") + text(abs($0)) } ?? "-"
  }

  /// What cycles of a site are over.
  static func interval(_ comparison: TraceComparison) -> String {
    comparison.interval == .exitToEntry
      ? "mean k0 to k2 on the CPU (tiers kernel and vmm)"
      : "median u0 to u1 (tier vmm), which light exits have not"
  }

  /// How each side differs from the first, and what makes most of it, a sentence or two of each.
  static func contributors(_ comparison: TraceComparison, _ experiment: VariantExperiment?) -> [String] {
    comparison.sides.indices.dropFirst().map { side in
      let names = "\(name(comparison, side)) against \(name(comparison, 0))"
      let exits = exits(comparison, side) ?? "no exits differ that are known on both sides."
      let effect = experiment?.effects.first { $0.variant == comparison.sides[side].name }
      // What no difference is shown of has no largest part.
      let more =
        effect?.isReal == false ? [] : [cycles(comparison, side), stage(comparison, side)].compactMap(\.self)
      return ([names + ": " + exits] + [effect.map { verdict($0, comparison) }].compactMap(\.self) + more)
        .joined(separator: " ")
    }
  }

  /// Whether an operation is dearer or cheaper than on the first side, and how surely.
  private static func verdict(_ effect: VariantEffect, _ comparison: TraceComparison) -> String {
    let emulated = comparison.sides.contains { $0.guestExecution == .emulatedProcessor }
    let whose = "cycles\(emulated ? " (the emulator's)" : "") of \(letter(0))'s operations"
    guard let ratio = effect.ratio, let low = effect.low, let high = effect.high else {
      return "Whether it differs in cycles is unknown: \(effect.obstacle ?? "it was not measured")."
    }
    let interval = "×\(fixed(ratio, 3)), \(fixed(low, 3)) to \(fixed(high, 3))"
    if effect.isReal { return "Its own take \(ratio < 1 ? "fewer" : "more") than the \(whose): \(interval)." }
    return "No difference from the \(whose) is shown: \(interval)."
  }

  /// How many heavy exits are outside of what the guest stamped, where that is many: setting up a device is; nil where it is
  /// not, or not known.
  static func outside(_ comparison: TraceComparison) -> String? {
    guard comparison.workloads == [nil] else { return nil }
    let counts = comparison.sides.indices.compactMap { side -> String? in
      guard let outside = comparison.sides[side].figures(of: nil)?.heavyOutsidePerOperation, outside >= 0.05
      else { return nil }
      return "\(each(outside)) in \(letter(side))"
    }
    guard !counts.isEmpty else { return nil }
    let list = counts.joined(separator: ", ")
    let scope =
      comparison.siteScope == .guestSpans
      ? "Exits between the guest's stamps, host interrupts among them. Heavy ones outside of them"
      : "Exits of whole runs. Heavy ones outside of the guest's stamps"
    return "\(scope), which set devices up and fill what is sent, to each operation: \(list)."
  }

  /// Of the sites for which the guest and not the host is to answer, the one that a difference is largest in. How a guest finds
  /// its device belongs to no operation.
  private static func largest(
    _ comparison: TraceComparison, _ part: (TraceComparison.Row) -> Double?
  ) -> TraceComparison.Row? {
    let rows = comparison.rows.filter {
      !ExitKey(.light, $0.site.reason).belongsToHost && $0.site.device != "pci-configuration-ports"
        && (part($0) ?? 0) > 0
    }
    return rows.max { (part($0) ?? 0) < (part($1) ?? 0) }
  }

  private static func exits(_ comparison: TraceComparison, _ side: Int) -> String? {
    guard let row = largest(comparison, { $0.differences[side]?.exitsShare }),
      let share = row.differences[side]?.exitsShare
    else { return nil }
    let isPerOperation = comparison.isPerOperation(row.site.workload)
    func count(_ cell: TraceComparison.Cell) -> String {
      guard cell.exits != 0 else { return "none" }
      return isPerOperation ? each(cell.exitsPerOperation) : cell.exits.map(grouped) ?? "-"
    }
    return "the exits differ most in \(name(row.site)): \(count(row.cells[0])) in \(letter(0)), "
      + "\(count(row.cells[side])) in \(letter(side))\(isPerOperation ? ", of each operation" : ""); "
      + "\(percent(share)) % of all that differ."
  }

  private static func cycles(_ comparison: TraceComparison, _ side: Int) -> String? {
    guard let row = largest(comparison, { $0.differences[side]?.cyclesShare }),
      let difference = row.differences[side], let share = difference.cyclesShare
    else { return nil }
    return "Cycles of exits, \(interval(comparison)), differ most in \(name(row.site)): "
      + "\(signed(difference.cycles) { approximate($0) })"
      + "\(comparison.isPerOperation(row.site.workload) ? " of each operation" : ""), \(percent(share)) %."
  }

  /// Of the cycles between the guest's stamps, the stage that differs most.
  private static func stage(_ comparison: TraceComparison, _ side: Int) -> String? {
    guard comparison.workloads == [nil], comparison.obstacles.isEmpty,
      comparison.sides[0].guestExecution != .emulatesGuestCode,
      let base = comparison.sides[0].figures(of: nil)?.stagesPerOperation,
      let other = comparison.sides[side].figures(of: nil)?.stagesPerOperation
    else { return nil }
    let differences = Stage.all.compactMap { stage in
      stage.value(base).flatMap { a in stage.value(other).map { ("\(stage.number) (\(stage.name))", $0 - a) }
      }
    }
    guard let most = differences.max(by: { abs($0.1) < abs($1.1) }), most.1 != 0 else { return nil }
    let sum = differences.reduce(0) { $0 + abs($1.1) }
    return "Of the stages of an operation \(most.0) differs most: \(signed(most.1) { approximate($0) }) "
      + "cycles, \(percent(abs(most.1) / sum)) % of what differs in all."
  }

  /// What must be known before any of its cycles are read.
  static func warnings(_ comparison: TraceComparison) -> [String] {
    var lines: [String] = []
    let executions = comparison.sides.map(\.guestExecution)
    if executions.contains(.emulatesGuestCode) {
      lines.append(
        "\(hosts(comparison, .emulatesGuestCode)) emulates guest code: no hardware exit is in these cycles, and what an "
          + "operation takes is the emulator's time. So no speed-up and no operations a second are printed: they would say "
          + "nothing of a processor. Exit counts mean the same everywhere.")
    }
    if executions.contains(.emulatedProcessor) {
      lines.append(
        "\(hosts(comparison, .emulatedProcessor)) has a processor that is itself emulated (the lab): counts are real, cycles "
          + "and ratios of them are the emulator's.")
    }
    if !comparison.obstacles.isEmpty {
      let obstacles = comparison.obstacles.map { printable($0) }.joined(separator: "; ")
      lines.append("No difference in cycles is computed: \(obstacles).")
    }
    for (index, side) in comparison.sides.enumerated() where !side.isWhole {
      lines.append(
        "\(letter(index)) is not whole or lost events (\(grouped(side.lost)) are known): its counts are the least there were, "
          + "and what it does not have is unknown.")
    }
    return lines
  }

  private static func hosts(_ comparison: TraceComparison, _ kind: GuestExecution) -> String {
    let all = comparison.sides.allSatisfy { $0.guestExecution == kind }
    let letters = comparison.sides.indices.filter { comparison.sides[$0].guestExecution == kind }
    return all ? "This KVM" : "The host of \(letters.map(letter).joined(separator: ", "))"
  }

  /// The hosts in a line each; one where they are the same.
  static func hosts(_ comparison: TraceComparison) -> [String] {
    let lines = comparison.sides.map {
      hostLine($0.host.values, tscKHz: $0.tscKilohertz) ?? "Host: unknown"
    }
    guard Set(lines).count > 1 else { return Array(lines.prefix(1)) }
    return lines.enumerated().map { "\(letter($0.offset)) \($0.element)" }
  }
}

/// One of the five stages.
struct Stage: Sendable {
  /// 1 to 5.
  let number: Int
  /// What it is called.
  let name: String
  /// Its mean cycles; nil where that is not known.
  let value: @Sendable (StageSummary) -> Double?

  static let all: [Stage] = [
    Stage(number: 1, name: "exit path") { $0.exitPath }, Stage(number: 2, name: "switch") { $0.switching },
    Stage(number: 3, name: "kernel") { $0.kernel }, Stage(number: 4, name: "VMM") { $0.vmm },
    Stage(number: 5, name: "entry path") { $0.entryPath },
  ]

  /// The shares that the stages have of the whole: `1 12.0 %  2 30.1 %`; empty where there is nothing to share.
  static func shares(_ summary: StageSummary) -> String {
    guard summary.whole > 0 else { return "" }
    return all.compactMap { stage in
      stage.value(summary).flatMap {
        $0 > 0 ? "\(stage.number) \(percent($0 / summary.whole)) %" : nil
      }
    }.joined(separator: "  ")
  }

  /// What an operation without kernel events is known to be made of: `out 38.2 %  VMM 0.5 %  back 61.3 %`.
  static func shares(_ composition: Composition) -> String {
    [
      ("out", composition.guestToHost), ("VMM", composition.vmm), ("between", composition.between),
      ("back", composition.hostToGuest),
    ].filter { $0.1 > 0 }.map { "\($0.0) \(percent($0.1)) %" }.joined(separator: "  ")
  }
}
