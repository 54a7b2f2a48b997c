@testable import SortieTrace

/// Column sets of any shape: the inputs of the property tests.
enum RandomColumns {
  static func set(using random: inout SeededGenerator, maximumRows: Int = 700) -> ColumnSet {
    let rows = 1 + Int(random.next() % UInt64(maximumRows))
    var ids: [UInt16] = [1, 2, 3, 4, 5, 6, 7, 8, 16, 17, 18, 29, 34, 56, 80, 81, 88, 99, 100, 9000, 65535]
    ids.shuffle(using: &random)
    if random.next() % 2 == 0 { ids[..<8].sort() }
    let columns = ids.prefix(1 + Int(random.next() % 9)).map { id in
      let presence = random.next() % 3 == 0 ? presence(rows, &random) : nil
      var column = Column(ColumnID(rawValue: id), values(rows, &random), presence: presence)
      if presence != nil { column.clearAbsent() }
      return column
    }
    return ColumnSet(count: rows, columns: columns)
  }

  private static func presence(_ rows: Int, _ random: inout SeededGenerator) -> [UInt64] {
    let mode = random.next() % 4
    return (0..<(rows + 63) / 64).map { word in
      let bits: UInt64 =
        switch mode {
        case 0: 0
        case 1: .max
        case 2: random.next()
        default: random.next() & random.next() & random.next()
        }
      let rest = rows - word * 64
      return rest >= 64 ? bits : bits & (1 << UInt64(rest) - 1)
    }
  }

  private static func values(_ rows: Int, _ random: inout SeededGenerator) -> ColumnValues {
    switch random.next() % 10 {
    case 0: .strings((0..<rows).map { _ in text(&random) })
    case 1:
      .bytes(
        (0..<rows).map { _ in
          (0..<Int(random.next() % 9)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        })
    default: .integers(integers(rows, &random))
    }
  }

  private static func text(_ random: inout SeededGenerator) -> String {
    ["", "kvm_exit", "0x3f8", "é", "\u{1F3AF}", "a longer text that no small string holds", "\0"]
      .randomElement(using: &random)
      ?? ""
  }

  private static func integers(_ rows: Int, _ random: inout SeededGenerator) -> [UInt64] {
    let width = random.next() % 64
    let start = random.next() >> (random.next() % 64)
    switch random.next() % 9 {
    case 0: return [UInt64](repeating: start, count: rows)
    case 1: return (0..<rows).map { _ in random.next() }
    case 2: return (0..<rows).map { start &+ UInt64($0) &* (width + 1) }
    case 3:
      return (0..<rows).map { _ in random.next() % 50 == 0 ? random.next() : start &+ random.next() % 90 }
    case 4: return (0..<rows).map { start &+ UInt64($0 / 40) }
    case 5: return (0..<rows).map { _ in [0, .max, 1 << 63, 1 << 63 - 1][Int(random.next() % 4)] }
    case 6:
      var value = start
      return (0..<rows).map { _ in
        value = value &+ random.next() >> width &- random.next() >> width
        return value
      }
    case 7:
      return (0..<rows).map { _ in
        start &+ 26 &* (random.next() % 1000) &+ (random.next() % 40 == 0 ? random.next() : 0)
      }
    default: return (0..<rows).map { _ in random.next() >> width }
    }
  }
}

extension Column {
  /// What a reader returns for rows without a value.
  mutating func clearAbsent() {
    switch values {
    case .integers(var all):
      for row in all.indices where !isPresent(row) { all[row] = 0 }
      values = .integers(all)
    case .strings(var all):
      for row in all.indices where !isPresent(row) { all[row] = "" }
      values = .strings(all)
    case .bytes(var all):
      for row in all.indices where !isPresent(row) { all[row] = [] }
      values = .bytes(all)
    }
  }
}
