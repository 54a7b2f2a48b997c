import ArgumentParser

/// A number of bytes on the command line: `200MB`, `1GB`, `512KiB`, or a plain number.
struct ByteCount {
  let bytes: UInt64

  /// The smallest file that a trace's tables and some events have room in.
  static let least: UInt64 = 256_000

  private static let units: [String: UInt64] = [
    "": 1, "B": 1, "KB": 1000, "K": 1000, "MB": 1_000_000, "M": 1_000_000, "GB": 1_000_000_000,
    "G": 1_000_000_000, "TB": 1_000_000_000_000, "T": 1_000_000_000_000, "KIB": 1 << 10, "MIB": 1 << 20,
    "GIB": 1 << 30, "TIB": 1 << 40,
  ]

  /// - Throws: `ValidationError` that says what would be right.
  init(_ argument: String) throws {
    let digits = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard let number = Double(digits), number.isFinite,
      let unit = Self.units[argument.dropFirst(digits.count).uppercased()], number * Double(unit) < 0x1p62
    else { throw ValidationError("a size such as 200MB, 1GB or 512MiB") }
    bytes = UInt64(number * Double(unit))
    guard bytes >= Self.least else {
      throw ValidationError("at least 256kB: the tables of a trace need some room beside its events")
    }
  }
}
