public import SortieAnalysis
import SortieTrace

/// What is in a trace, as text of at most `width` columns, with ANSI colours only if `colour` asks for them.
public func textSummary(_ summary: TraceSummary, colour: Bool = false, width: Int = 100) -> String {
  let style = TextStyle(colour: colour)
  var lines: [String] = []
  let identity = summary.identity
  lines.append("trace     \(identity.traceID), format \(summary.version.major).\(summary.version.minor)")
  lines.append("boot      \(identity.bootID.map { "\($0)" } ?? "unknown")")
  let invariance =
    switch identity.tscIsInvariant {
    case true?: "invariant"
    case false?: "not invariant"
    case nil: "invariance unknown"
    }
  lines.append(
    "TSC       \(identity.tscKHz.map { "\(grouped($0)) kHz" } ?? "frequency unknown"), \(invariance)")
  lines.append("size      \(grouped(summary.size)) bytes")
  let state =
    (summary.isFinished ? "finished" : "not finished by its recorder; whole blocks were recovered")
    + (summary.damage.isEmpty
      ? ", nothing damaged" : ", \(counted(UInt64(summary.damage.count), "damaged part"))")
  let isWhole = summary.isFinished && summary.damage.isEmpty
  lines.append("state     " + (isWhole ? state : style.warning(state)))
  for damage in summary.damage.prefix(20) {
    let text = "offset \(damage.offset), \(damage.length) bytes: \(printable(damage.reason))"
    lines.append(contentsOf: wrapped(text, width: width - 10).map { "          " + style.warning($0) })
  }
  if summary.damage.count > 20 { lines.append("          and \(summary.damage.count - 20) more") }
  lines.append("")
  lines.append(contentsOf: streams(summary).lines(style, width: width))
  lines.append("")
  var tables = TextTable(["<table", "rows", "bytes"])
  for table in summary.tables { tables.add(["\(table.id)", compact(table.rows), compact(table.bytes)]) }
  lines.append(contentsOf: tables.lines(style, width: width))
  if !summary.losses.isEmpty {
    lines.append("")
    lines.append(contentsOf: losses(summary).lines(style, width: width))
    if summary.losses.count > 20 { lines.append("and \(summary.losses.count - 20) more") }
  }
  for (vm, attributes) in summary.vms.sorted(by: { $0.key < $1.key }) {
    lines.append("")
    lines.append(style.bold("VM \(vm)"))
    lines.append(contentsOf: list(attributes, width: width))
  }
  if !summary.host.values.isEmpty {
    lines.append("")
    lines.append(style.bold("host"))
    lines.append(contentsOf: list(summary.host, width: width))
  }
  return lines.joined(separator: "\n") + "\n"
}

private func streams(_ summary: TraceSummary) -> TextTable {
  var table = TextTable([
    "<stream", "<kind", "vm", "vcpu", "events", "blocks", "bytes", "bytes/event", "ratio", "seconds",
  ])
  for stream in summary.streams {
    let name = printable(stream.row?.name ?? "", limit: 24)
    var seconds = "-"
    if let range = stream.range,
      let time = nanoseconds(
        range.upperBound - range.lowerBound, stream.stampsPerMillisecond(summary.identity))
    {
      seconds = fixed(time / 1e9, 3)
    }
    table.add([
      "\(stream.id.rawValue) \(name)", stream.row?.kind.map { "\($0)" } ?? "unknown",
      stream.row?.vm.map { "\($0)" } ?? "-", stream.row?.vcpu.map { "\($0)" } ?? "-", compact(stream.events),
      compact(stream.blocks), compact(stream.bytes), stream.bytesPerEvent.map { fixed($0, 2) } ?? "-",
      stream.ratio.map { fixed($0, 1) } ?? "-", seconds,
    ])
  }
  return table
}

private func losses(_ summary: TraceSummary) -> TextTable {
  var table = TextTable(["<lost from stream", "events", "first stamp", "last stamp", "<why"])
  for loss in summary.losses.prefix(20) {
    table.add([
      loss.stream.map { "\($0.rawValue)" } ?? "unknown", loss.count.map(grouped) ?? "unknown",
      "\(loss.firstTSC)",
      "\(loss.lastTSC)", loss.cause?.text ?? "a cause unknown to this version",
    ])
  }
  return table
}

private func list(_ attributes: Attributes, width: Int) -> [String] {
  attributes.values.sorted { $0.key < $1.key }.flatMap {
    wrapped(
      "\(printable($0.key, limit: 40)): \(printable($0.value, limit: 400))", width: width - 2, indent: "  "
    )
    .map { "  " + $0 }
  }
}
