public import SortieAnalysis
import SortieTrace

/// How a dump writes an event.
public enum DumpFormat: Sendable {
  /// Aligned text.
  case text
  /// One JSON object a line, as SCHEMA.md describes.
  case jsonLines
}

/// Writes the events of a trace in order of time, a line each, with one block of each stream in memory.
///
/// `write` takes some lines at a time, UTF-8 with a newline after each; false from it (a closed pipe) ends the dump.
/// Throws what the source throws.
public func dump<Source: AnalysisSource>(
  _ source: Source, format: DumpFormat, filter: DumpFilter = DumpFilter(), write: ([UInt8]) -> Bool
) throws(Source.Failure) {
  let tables = try TraceTables(source)
  var streams: [DumpStream] = []
  let all =
    try source.vcpuStreams().map { DumpStream($0, tables) }
    + tables.kernelStreams.map { DumpStream(kernel: $0, tables) }
  for var stream in all {
    try stream.advance(in: source)
    guard stream.event != nil else { continue }
    if filter.passes(stream) { streams.append(stream) }
  }
  let start = try tables.origin(in: source) ?? 0
  let times = filter.times(since: start, tables.tscKilohertz)
  var line = DumpLine(tables, start: start, format: format)
  var buffer: [UInt8] = []
  while let next = earliest(streams), let event = streams[next].event {
    let time = streams[next].time
    if times.contains(time), filter.passes(event) {
      line.append(event, at: time, of: streams[next], &buffer)
    }
    if buffer.count >= 1 << 16 {
      guard write(buffer) else { return }
      buffer.removeAll(keepingCapacity: true)
    }
    try streams[next].advance(in: source)
  }
  if !buffer.isEmpty { _ = write(buffer) }
}

private func earliest(_ streams: [DumpStream]) -> Int? {
  var found: Int?
  for index in streams.indices where streams[index].event != nil {
    if let known = found, streams[known].time <= streams[index].time { continue }
    found = index
  }
  return found
}
