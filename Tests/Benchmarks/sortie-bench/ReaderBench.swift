import SortieAnalysis
import SortieReport
import SortieTrace
import SystemPackage

/// Events a second of processor time that are decoded, and that are decoded, paired and reported as text.
func measureReader(_ path: String) throws(TraceError) {
  let file = FilePath(path)
  var events = 0
  var decoding = Double.infinity
  var reporting = Double.infinity
  var text = ""
  for _ in 0..<3 {
    var start = processorSeconds()
    let trace = try TraceFile(path: file)
    events = 0
    for block in trace.blocks where block.type == .events { events += try trace.decode(block).count }
    decoding = min(decoding, processorSeconds() - start)

    start = processorSeconds()
    text = textReport(try analyze(TraceFileSource(TraceFile(path: file))))
    reporting = min(reporting, processorSeconds() - start)
  }
  figure("events read", "\(events)", "")
  figure("decoded", Double(events) / decoding / 1e6, digits: 2, "M events/s")
  figure("decoded, paired and reported as text", Double(events) / reporting / 1e6, digits: 2, "M events/s")
  figure("report", "\(text.utf8.count)", "B")
}
