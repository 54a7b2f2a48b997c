import FoundationEssentials

/// JSON as every verb prints it.
public enum JSONText {
  /// `value`, indented, its keys sorted.
  ///
  /// - Throws: `EncodingError` if a number has no form in JSON.
  public static func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
