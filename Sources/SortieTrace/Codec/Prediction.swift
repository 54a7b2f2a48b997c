/// A column's predictor with the column it refers to, as an index into the same block's columns.
struct Prediction: Equatable {
  var predictor: Predictor
  var reference: Int

  static let none = Prediction(predictor: .none, reference: 0)

  /// Columns that tend to lie close to another one of the same row, or of the row before: what is worth trying.
  static func hints(for id: ColumnID) -> (sameRow: [ColumnID], previousRow: [ColumnID]) {
    switch id {
    case .u0: ([], [.u1])
    case .d0: ([.u0], [])
    case .d1: ([.d0], [])
    case .u1: ([.d1, .u0], [])
    case .g0: ([], [.g1])
    case .g1: ([.g0], [])
    case .lastTSC: ([.tsc], [])
    case .highest: ([.lowest], [])
    default: ([], [])
    }
  }

  /// Whether following same-row predictions from column `start` leads to column `end`.
  static func chain(from start: Int, to end: Int, in predictions: [Prediction]) -> [Int]? {
    var chain: [Int] = []
    var column = start
    while column != end {
      guard predictions[column].predictor == .sameRow, predictions[column].reference < column else {
        return nil
      }
      chain.append(column)
      column = predictions[column].reference
    }
    return chain
  }
}
