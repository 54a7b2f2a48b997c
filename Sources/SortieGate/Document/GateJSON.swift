internal import FoundationEssentials

/// JSON as the gate's files and its processes speak it.
public enum GateJSON {
  /// `value` in one line, without its end.
  ///
  /// - Throws: `EncodingError` where a number has no form in JSON.
  public static func line(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// `value` as a document: indented, keys sorted, a newline at its end.
  ///
  /// - Throws: `EncodingError` where a number has no form in JSON.
  public static func document(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
  }

  /// The value that a line states.
  ///
  /// - Throws: `DecodingError` where it states none.
  public static func decode<Value: Decodable>(_ type: Value.Type, line: [UInt8]) throws -> Value {
    try JSONDecoder().decode(type, from: Data(line))
  }

  /// The value that a document states.
  ///
  /// - Throws: `DecodingError` where it states none.
  public static func decode<Value: Decodable>(_ type: Value.Type, document: [UInt8]) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(document))
  }
}
