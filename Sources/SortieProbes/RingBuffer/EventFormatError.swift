/// Why a text of tracefs that describes a layout cannot be understood.
public struct EventFormatError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The line, from 1; 0: the text as a whole.
  public let line: Int
  /// What is wrong with it.
  public let what: String

  /// One sentence for people.
  public var description: String { line > 0 ? "line \(line): \(what)" : what }
}
