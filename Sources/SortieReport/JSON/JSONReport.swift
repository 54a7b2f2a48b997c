import FoundationEssentials
public import SortieAnalysis

/// The analysis as the JSON document that SCHEMA.md describes: sorted keys, indented, UTF-8, a newline at the end.
///
/// Throws `EncodingError` if a number has no form in JSON; the analysis makes none that has not.
public func jsonReport(_ analysis: Analysis) throws -> [UInt8] {
  try jsonBytes(ReportDocument(analysis), unit: analysis.unit)
}

/// A document as every JSON output of Sortie is written; where stamps count ns, no key says cycles.
func jsonBytes(_ document: some Encodable, unit: StampUnit = .cycles) throws -> [UInt8] {
  let encoder = JSONEncoder()
  encoder.keyEncodingStrategy =
    unit == .cycles
    ? .convertToSnakeCase
    : .custom { path in NanosecondKey(path[path.count - 1].stringValue) }
  encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
  return Array(try encoder.encode(document)) + [UInt8(ascii: "\n")]
}

/// A key of a document whose durations are ns: `vmmCycles` as `vmm_ns`, `cycles` as `elapsed_ns`, `firstTsc` as
/// `first_time_ns`. What is in cycles whatever the trace keeps its name.
private struct NanosecondKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  private static let inCycles: Set<String> = ["lecture_heavy_change_cycles"]

  init(_ name: String) {
    var key = ""
    for character in name {
      if character.isUppercase { key += "_" }
      key += character.lowercased()
    }
    if key == "cycles" {
      key = "elapsed_ns"
    } else if key.hasSuffix("_cycles"), !Self.inCycles.contains(key) {
      key = key.dropLast("cycles".count) + "ns"
    } else if key == "tsc" || key.hasSuffix("_tsc") {
      key = key.dropLast("tsc".count) + "time_ns"
    }
    stringValue = key
  }

  init?(stringValue: String) { self.stringValue = stringValue }

  init?(intValue: Int) { nil }
}
