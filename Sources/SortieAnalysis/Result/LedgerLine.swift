/// A sentence on what the figures can be trusted for.
public struct LedgerLine: Sendable, Equatable {
  /// How much it matters.
  public enum Kind: String, Sendable {
    /// Holds as expected.
    case fact
    /// Something that could not be known here.
    case missing
    /// Something that makes figures less than they seem.
    case warning
  }

  /// How much it matters.
  public var kind: Kind
  /// The sentence.
  public var text: String

  /// A line of the ledger.
  public init(kind: Kind, text: String) {
    self.kind = kind
    self.text = text
  }
}
