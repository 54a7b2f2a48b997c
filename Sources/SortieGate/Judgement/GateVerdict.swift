/// What a gate says of an operation.
public enum GateVerdict: String, Codable, Sendable, CaseIterable {
  /// No dearer than the tolerance allows.
  case pass
  /// Dearer than the tolerance allows.
  case regression
  /// Cheaper by more than the tolerance.
  case improvement
  /// The noise of this run does not let it be told, or too little is known to tell it from.
  case inconclusive
  /// The two sides are not the same kind of thing.
  case notComparable = "not_comparable"
  /// This host cannot run the operation.
  case unsupported
}

/// What a gate says of a whole run, as its exit status.
public enum GateOutcome: Int32, Sendable {
  /// Nothing became dearer.
  case pass = 0
  /// Something became dearer.
  case regression = 1
  /// Something could not be told.
  case inconclusive = 3
  /// Nothing could be compared, or something that should have been could not.
  case notComparable = 4

  /// The outcome of these verdicts: a regression outweighs what is not comparable, that outweighs what is inconclusive. What
  /// the host cannot run counts only where there is nothing else.
  public init(_ verdicts: some Sequence<GateVerdict>) {
    let verdicts = Set(verdicts).subtracting([.unsupported])
    self =
      verdicts.contains(.regression)
      ? .regression
      : verdicts.contains(.notComparable) || verdicts.isEmpty
        ? .notComparable : verdicts.contains(.inconclusive) ? .inconclusive : .pass
  }
}
