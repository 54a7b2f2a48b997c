/// What a `format` file of tracefs says of an event: its number and where its fields lie.
///
/// Layouts differ from kernel to kernel; none is known here beforehand. The text is bounded in length and fields.
public struct EventFormat: Equatable, Sendable {
  /// The event's name.
  public let name: String
  /// Its number on this kernel, as it stands in the first field of each record.
  public let id: UInt16
  /// Its fields, those common to all events first.
  public let fields: [EventField]

  /// Bytes of text allowed.
  static let longestText = 1 << 18
  /// Fields allowed.
  static let mostFields = 256

  /// Reads the text of a `format` file (trace_events.c, `f_show`).
  ///
  /// - Throws: ``EventFormatError`` naming the line.
  public init(_ text: String) throws(EventFormatError) {
    guard text.utf8.count <= Self.longestText else {
      throw EventFormatError(
        line: 0, what: "\(text.utf8.count) bytes of text, at most \(Self.longestText) are read")
    }
    var name: Substring?
    var id: UInt16?
    var fields: [EventField] = []
    var number = 0
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      number += 1
      if line.hasPrefix("print fmt:") { break }
      if line.hasPrefix("name: ") {
        name = line.dropFirst(6)
      } else if line.hasPrefix("ID: ") {
        guard let value = UInt16(line.dropFirst(4)) else {
          throw EventFormatError(
            line: number, what: "\(line.dropFirst(4).prefix(40)) is no event number")
        }
        id = value
      } else if let field = try Self.field(line, number) {
        guard fields.count < Self.mostFields else {
          throw EventFormatError(line: number, what: "more than \(Self.mostFields) fields")
        }
        fields.append(field)
      }
    }
    guard let name, !name.isEmpty else { throw EventFormatError(line: 0, what: "no name") }
    guard let id else { throw EventFormatError(line: 0, what: "no event number") }
    self.name = String(name)
    self.id = id
    self.fields = fields
  }

  /// The field called one of `names`.
  public func field(_ names: String...) -> EventField? { field(names) }

  func field(_ names: [String]) -> EventField? {
    for name in names {
      if let field = fields.first(where: { $0.name == name }) { return field }
    }
    return nil
  }

  /// The field that `line` describes; nil for a line that describes none.
  static func field(_ line: Substring, _ number: Int) throws(EventFormatError) -> EventField? {
    let line = line.drop { $0 == "\t" || $0 == " " }
    return line.hasPrefix("field:") ? try EventField(line: line, number: number) : nil
  }
}
