import SortieAnalysis

/// What operations of usual length are made of, and the longest: by stage where the kernel reports exits, else by the
/// guest's and the VMM's stamps.
enum BandTable {
  static func lines(of analysis: Analysis, _ style: TextStyle, width: Int) -> [String] {
    var staged = TextTable([
      "<operations", "<band", "count", "mean", "1 exit", "2 sw.", "3 kern.", "4 VMM", "5 entry", "guest",
      "blocked", "off-CPU",
    ])
    var split = TextTable([
      "<operations", "<band", "count", "mean", "g0-u0", "u0-u1", "between", "u1-g1", "of it off-CPU",
    ])
    for vm in analysis.vms.prefix(TextReportWriter.shownRows) {
      guard let operation = vm.operation, operation.declaredClass != "none" else { continue }
      let name = vm.name.map { printable($0, limit: 24) } ?? "VM \(vm.vm)"
      add(operation.withRoundTripsStages, name, to: &staged)
      if operation.declaredClass == "light" { add(operation.withoutRoundTripStages, name, to: &staged) }
      // Of one VM alone, the table of the split has them.
      if operation.withRoundTripsStages.isEmpty, analysis.vms.count > 1 {
        add(operation.compositions, name, to: &split)
      }
    }
    let note =
      "to p90: the usual ones, up to the 90th percentile; over p99: the tail, longer than the 99th. Edges are rounded up to an"
      + " eighth of an octave, so that a tail may be empty: no row."
    var lines: [String] = []
    if !staged.isEmpty { lines += staged.lines(style, width: width) }
    if !split.isEmpty { lines += split.lines(style, width: width) }
    return lines.isEmpty ? [] : lines + wrapped(note, width: width).map(style.dim)
  }

  private static func add(_ bands: [StageBand], _ name: String, to table: inout TextTable) {
    for (index, band) in shown(bands, \.band).enumerated() {
      let stages = band.stages
      let whole = stages.whole + stages.blocked + stages.offCPU
      func share(_ cycles: Double?) -> String { cycles.map { percent($0 / max(whole, 1)) } ?? "-" }
      table.add(
        [index == 0 ? name : "", title(of: band.band), compact(stages.count), approximate(whole)]
          + [
            stages.exitPath, stages.switching, stages.kernel, stages.vmm, stages.entryPath, stages.guest,
            stages.blocked, stages.offCPU,
          ].map(share))
    }
  }

  private static func add(_ bands: [Composition], _ name: String, to table: inout TextTable) {
    for (index, band) in shown(bands, \.band).enumerated() {
      table.add(
        [
          index == 0 ? name : "", title(of: band.band), compact(band.operations),
          approximate(band.meanCycles),
        ]
          + [band.guestToHost, band.vmm, band.between, band.hostToGuest, band.offCPU].map {
            $0.map(percent) ?? "-"
          })
    }
  }

  /// All operations only where there are too few for bands.
  private static func shown<Band>(_ bands: [Band], _ key: KeyPath<Band, Composition.Band>) -> [Band] {
    bands.count > 1 ? bands.filter { $0[keyPath: key] != .all } : bands
  }

  private static func title(of band: Composition.Band) -> String {
    switch band {
    case .all: "all"
    case .toP90: "to p90"
    case .aboveP99: "over p99"
    }
  }
}
