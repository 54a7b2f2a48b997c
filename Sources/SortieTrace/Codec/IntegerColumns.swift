/// The integer columns of a block on their way into the file: absent rows filled, predictors chosen, residuals taken.
struct IntegerColumns {
  /// A prediction per column of the set; `.none` for columns that are no integers.
  private(set) var predictions: [Prediction]
  /// Residuals per column of the set; empty for columns that are no integers.
  private(set) var residuals: [[UInt64]]

  /// Rows looked at when predictors are compared.
  private static let sampleRows = 256

  init(_ set: ColumnSet) {
    predictions = [Prediction](repeating: .none, count: set.columns.count)
    residuals = [[UInt64]](repeating: [], count: set.columns.count)
    var filled = residuals
    for (index, column) in set.columns.enumerated() {
      guard case .integers(let values) = column.values else { continue }
      filled[index] = column.presence == nil ? values : Self.heldOver(column, values)
      choose(for: index, in: set, filled: &filled)
    }
    for (index, column) in set.columns.enumerated() {
      for id in Prediction.hints(for: column.id).previousRow {
        guard let reference = Self.position(of: id, in: set, before: set.columns.count),
          Prediction.chain(from: reference, to: index, in: predictions) != nil
        else { continue }
        let candidate = Prediction(predictor: .previousRow, reference: reference)
        let old = Self.cost(of: predictions[index], index, set, filled)
        if Self.cost(of: candidate, index, set, filled) < old { predictions[index] = candidate }
      }
    }
    for (index, column) in set.columns.enumerated() {
      guard case .integers = column.values else { continue }
      residuals[index] = Self.residuals(predictions[index], index, filled)
    }
  }

  /// Chooses among what can be judged from the columns so far, and fills this column's absent rows to match.
  private mutating func choose(for index: Int, in set: ColumnSet, filled: inout [[UInt64]]) {
    var best = (Prediction.none, cost: Self.cost(of: .none, index, set, filled))
    var candidates = [Prediction(predictor: .previousRow, reference: index)]
    for id in Prediction.hints(for: set.columns[index].id).sameRow {
      guard let reference = Self.position(of: id, in: set, before: index) else { continue }
      candidates.append(Prediction(predictor: .sameRow, reference: reference))
    }
    for candidate in candidates {
      let cost = Self.cost(of: candidate, index, set, filled)
      if cost < best.cost { best = (candidate, cost) }
    }
    predictions[index] = best.0
    guard best.0.predictor == .sameRow, set.columns[index].presence != nil else { return }
    Self.fillAbsent(set.columns[index], &filled[index], from: filled[best.0.reference])
  }

  private static func position(of id: ColumnID, in set: ColumnSet, before end: Int) -> Int? {
    set.columns[..<end].firstIndex { column in
      if case .integers = column.values { column.id == id } else { false }
    }
  }

  /// Absent rows take the value of the row before.
  private static func heldOver(_ column: Column, _ values: [UInt64]) -> [UInt64] {
    var held = values
    var last: UInt64 = 0
    for row in 0..<held.count {
      if column.isPresent(row) { last = held[row] } else { held[row] = last }
    }
    return held
  }

  /// Absent rows take the reference's value and the least distance seen, so that they cost what a present row costs.
  private static func fillAbsent(_ column: Column, _ values: inout [UInt64], from reference: [UInt64]) {
    var least = Int64.max
    for row in 0..<values.count where column.isPresent(row) {
      least = min(least, Int64(bitPattern: values[row] &- reference[row]))
    }
    let distance = least == .max ? 0 : UInt64(bitPattern: least)
    for row in 0..<values.count where !column.isPresent(row) { values[row] = reference[row] &+ distance }
  }

  private static func residuals(_ prediction: Prediction, _ index: Int, _ filled: [[UInt64]]) -> [UInt64] {
    let values = filled[index]
    switch prediction.predictor {
    case .none:
      return values
    case .sameRow:
      let reference = filled[prediction.reference]
      return [UInt64](unsafeUninitializedCapacity: values.count) { result, count in
        for row in 0..<values.count { result.initializeElement(at: row, to: values[row] &- reference[row]) }
        count = values.count
      }
    case .previousRow:
      let reference = filled[prediction.reference]
      return [UInt64](unsafeUninitializedCapacity: values.count) { result, count in
        for row in 0..<values.count {
          result.initializeElement(at: row, to: values[row] &- (row == 0 ? 0 : reference[row - 1]))
        }
        count = values.count
      }
    }
  }

  /// Bits of sampled residuals above their low end, plus what a simpler predictor saves when all else is equal.
  private static func cost(
    of prediction: Prediction, _ index: Int, _ set: ColumnSet, _ filled: [[UInt64]]
  ) -> Int {
    let values = filled[index]
    let reference = filled[prediction.reference]
    let column = set.columns[index]
    var sample: [Int64] = []
    let step = max(1, values.count / sampleRows)
    // The first row has no row before it: its residual says nothing about the others.
    for row in stride(from: values.count > 1 ? 1 : 0, to: values.count, by: step) where column.isPresent(row)
    {
      let residual =
        switch prediction.predictor {
        case .none: values[row]
        case .sameRow: values[row] &- reference[row]
        case .previousRow: values[row] &- (row == 0 ? 0 : reference[row - 1])
        }
      sample.append(Int64(bitPattern: residual))
    }
    guard !sample.isEmpty else { return Int(prediction.predictor.rawValue) }
    sample.sort()
    let base = UInt64(bitPattern: sample[sample.count / 50])
    let bits = sample.reduce(0) { $0 + 64 - (UInt64(bitPattern: $1) &- base).leadingZeroBitCount }
    return bits * 4 + Int(prediction.predictor.rawValue)
  }
}
