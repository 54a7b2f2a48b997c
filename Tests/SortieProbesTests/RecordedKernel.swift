import Foundation
import SortieTrace
import Testing

@testable import SortieProbes

/// What was recorded on one kernel: its layouts, and sub-buffers with the kernel's own rendering of their events.
///
/// Recorded in a trace instance with `trace_clock` x86-tsc and CPU 0 only, while a workload ran on it: NAME.hex is one
/// read of `trace_pipe_raw` up to the end of its events, NAME.trace the lines of `trace` for the same time.
struct RecordedKernel: CustomTestStringConvertible {
  let name: String

  static let all = [RecordedKernel(name: "linux-6.1"), RecordedKernel(name: "linux-6.18")]

  var testDescription: String { name }

  private static let root =
    #filePath.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/Recorded/"

  func text(_ file: String) throws -> String {
    try String(contentsOfFile: Self.root + name + "/" + file, encoding: .utf8)
  }

  var pages: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: Self.root + name).filter { $0.hasSuffix(".hex") }
        .map { String($0.dropLast(4)) }.sorted()
    }
  }

  var layout: RingBufferLayout { get throws { try RingBufferLayout(text("header_page")) } }

  func format(_ event: String) throws -> EventFormat { try EventFormat(text("formats/\(event)")) }

  var layouts: [EventLayout] {
    get throws {
      try KernelEvent.all.map { event in
        let file = try #require(event.name.split(separator: "/").last)
        return EventLayout(
          event, try format(String(file)), row: event.isScheduler ? KernelRows.scheduler : KernelRows.kernel)
      }
    }
  }

  /// A sub-buffer, as long as the kernel gave it.
  func page(_ name: String) throws -> [UInt8] {
    var bytes: [UInt8] = []
    for line in try text(name + ".hex").split(separator: "\n") {
      let digits = line.compactMap(\.hexDigitValue)
      for index in stride(from: 0, to: digits.count, by: 2) {
        bytes.append(UInt8(digits[index] << 4 | digits[index + 1]))
      }
    }
    return bytes + [UInt8](repeating: 0, count: try layout.pageSize - bytes.count)
  }

  /// What the kernel said of the same events: stamp, thread, and text from the event's name on.
  func lines(_ name: String) throws -> [(tsc: UInt64, thread: UInt64, text: String)] {
    try text(name + ".trace").split(separator: "\n").map { line in
      let parts = try #require(line.firstMatch(of: #/-(\d+) +\[\d+\] \S+ +(\d+): (.*)/#))
      return (try #require(UInt64(parts.2)), try #require(UInt64(parts.1)), String(parts.3))
    }
  }
}

/// Rows of a block, looked at one by one.
struct DecodedRow {
  let set: ColumnSet
  let row: Int

  subscript(id: ColumnID) -> UInt64? {
    guard let column = set[id], column.isPresent(row), case .integers(let values) = column.values else {
      return nil
    }
    return values[row]
  }

  static func all(of rows: KernelRows) -> [DecodedRow] {
    let set = rows.take()
    return (0..<set.count).map { DecodedRow(set: set, row: $0) }
  }
}

/// Calls `body` with a sub-buffer made of `bytes`.
func withPage<Result>(
  _ bytes: [UInt8], _ layout: RingBufferLayout, _ body: (inout RingBufferPage) throws -> Result
) throws -> Result {
  try bytes.withUnsafeBytes { bytes in
    var page = try RingBufferPage(bytes, layout: layout)
    return try body(&page)
  }
}
