import FoundationEssentials
public import SortieAnalysis

/// The analysis as the JSON document that SCHEMA.md describes: sorted keys, indented, UTF-8, a newline at the end.
///
/// Throws `EncodingError` if a number has no form in JSON; the analysis makes none that has not.
public func jsonReport(_ analysis: Analysis) throws -> [UInt8] { try jsonBytes(ReportDocument(analysis)) }

/// A document as every JSON output of Sortie is written.
func jsonBytes(_ document: some Encodable) throws -> [UInt8] {
  let encoder = JSONEncoder()
  encoder.keyEncodingStrategy = .convertToSnakeCase
  encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
  return Array(try encoder.encode(document)) + [UInt8(ascii: "\n")]
}
