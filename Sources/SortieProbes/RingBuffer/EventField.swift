/// A field of an event or of a page header, as the kernel describes it:
/// `field:unsigned int exit_reason;	offset:8;	size:4;	signed:0;`
public struct EventField: Equatable, Sendable {
  /// Its name.
  public let name: String
  /// C type as written, without the name.
  public let type: String
  /// Bytes from the start of the record.
  public let offset: Int
  /// Bytes.
  public let size: Int
  /// Whether the value is signed.
  public let isSigned: Bool
  /// It is an array, or the kernel's reference to one (`__data_loc`), not one number.
  public let isArray: Bool

  /// Greatest offset and size allowed; an event is smaller than a page.
  static let limit = 1 << 16

  init(line: Substring, number lineNumber: Int) throws(EventFormatError) {
    func failure(_ what: String) -> EventFormatError { EventFormatError(line: lineNumber, what: what) }
    var values: [Substring: Substring] = [:]
    for part in line.split(separator: ";") {
      let part = part.drop { $0 == "\t" || $0 == " " }
      guard let colon = part.firstIndex(of: ":") else { continue }
      values[part[..<colon]] = part[part.index(after: colon)...]
    }
    func number(_ key: Substring) throws(EventFormatError) -> Int {
      guard let text = values[key] else { throw failure("no \(key)") }
      guard let value = Int(text), (0...Self.limit).contains(value) else {
        throw failure("\(key) is \(text.prefix(40)), not a number from 0 to \(Self.limit)")
      }
      return value
    }
    guard let declaration = values["field"] else { throw failure("no field") }
    let words = declaration.split(separator: " ")
    guard let last = words.last, words.count > 1 else {
      throw failure("\"\(declaration.prefix(80))\" is no declaration")
    }
    let name = last.prefix { $0 != "[" }
    guard !name.isEmpty else { throw failure("\"\(declaration.prefix(80))\" names nothing") }
    self.name = String(name)
    let type = words.dropLast().joined(separator: " ")
    self.type = type
    offset = try number("offset")
    size = try number("size")
    isSigned = try number("signed") != 0
    isArray = name.count != last.count || type.contains("[") || type.contains("__data_loc")
  }
}
