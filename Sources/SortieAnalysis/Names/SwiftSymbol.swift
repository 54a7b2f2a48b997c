/// Names of functions as people read them.
public enum SwiftSymbol {
  /// `pio_write.PioWrite.run` for the mangled name of a Swift function; any other name as it is.
  ///
  /// Reads the context and the name only (docs/ABI/Mangling.rst of Swift: identifiers with their length in front,
  /// nominal types followed by their kind); the type and what the optimizer did fill a line and do not tell who asked
  /// for an exit. The runtime's demangler is no choice here: the names are a guest's, and a substitution that is used
  /// twice doubles what it prints, so that a short name can ask for any amount of memory.
  public static func readable(_ name: String) -> String {
    var rest = Array(name.utf8)[...]
    guard rest.starts(with: "$s".utf8) || rest.starts(with: "$e".utf8) else { return name }
    rest = rest.dropFirst(2)
    var parts: [String] = []
    while let identifier = identifier(&rest) {
      parts.append(identifier)
      if let kind = rest.first, kinds.contains(kind), parts.count > 1 { rest = rest.dropFirst() }
    }
    return parts.count > 1 ? parts.joined(separator: ".") : name
  }

  /// Kinds of nominal types: class, enum, protocol, structure.
  private static let kinds: [UInt8] = [
    UInt8(ascii: "C"), UInt8(ascii: "O"), UInt8(ascii: "P"), UInt8(ascii: "V"),
  ]

  /// Takes an identifier off the front; nil where there is none, or one with words of those before it put in.
  private static func identifier(_ text: inout ArraySlice<UInt8>) -> String? {
    let digits = text.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    guard digits.first != UInt8(ascii: "0"), let length = Int(String(decoding: digits, as: UTF8.self)),
      length <= text.count - digits.count
    else { return nil }
    let identifier = text[digits.endIndex...].prefix(length)
    text = text[identifier.endIndex...]
    return String(decoding: identifier, as: UTF8.self)
  }
}
