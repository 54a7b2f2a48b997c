import SortieTrace

/// What the recorder left out because it was told to.
extension Analysis {
  /// In words, to stand in a sentence: `filters left out 12,345 events`; nil: nothing.
  var omission: String? {
    let parts = [filterOmission, cutOmission].compactMap(\.self)
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  var filterOmission: String? {
    totals.leftOutEvents > 0 ? "filters left out \(grouped(totals.leftOutEvents)) events" : nil
  }

  var cutOmission: String? {
    totals.cutEvents > 0 ? "--max-size left out the first \(grouped(totals.cutEvents)) events" : nil
  }

  /// Losses that nobody asked for.
  var unwantedLosses: [LossRow] { losses.filter { $0.cause != .sizeLimit } }

  /// The filters as they stood on the recorder's command line; nil: none.
  public var filters: String? { host["recording_filters"] }
}
