import Foundation
import SortieTrace
import Testing

@testable import SortieProbes

/// What FORMAT.md tells readers of the kernel's events.
@Suite struct FormatPageTests {
  /// The table's rows: events with their fields.
  private func table() throws -> [String: [String]] {
    let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    let page = try String(contentsOfFile: root + "/Sources/SortieTrace/FORMAT.md", encoding: .utf8)
    var rows: [String: [String]] = [:]
    for line in page.split(separator: "\n") {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard line.hasPrefix("| "), cells.count == 2, cells[0].contains("/") else { continue }
      rows[cells[0]] = cells[1].replacing(#/ \([^)]*\)/#, with: "").split(separator: ", ").map { String($0) }
    }
    return rows
  }

  private func text(_ mapping: FieldMapping) -> String {
    let text = "\(mapping.names[0]) "
    let column = mapping.column.rawValue
    return switch mapping.transform {
    case .value: text + "\(column)"
    case .negated: text + "-\(column)"
    case .bits(let bits, nil): text + "\(column).\(bits.trailingZeroBitCount)"
    case .bits(let bits, let value?): text + "\(column).\(bits.trailingZeroBitCount) if \(value)"
    case .bytes(let from, let count): text + "\(column) bytes \(from)-\(from + count - 1)"
    }
  }

  @Test func itsTableIsWhatIsRecorded() throws {
    let table = try table()
    #expect(Set(table.keys) == Set(KernelEvent.all.map(\.name)))
    for event in KernelEvent.all {
      #expect(table[event.name] == event.fields.map(text), "\(event.name)")
    }
  }
}
