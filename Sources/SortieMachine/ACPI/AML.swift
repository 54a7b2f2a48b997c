/// The ACPI Machine Language, as far as static namespaces need it: each function returns the bytes of one term.
///
/// Source: ACPI 6.5, section 20.2 (AML grammar).
enum AML {
  /// A scope that puts `terms` into the namespace at `path`.
  static func scope(_ path: String, _ terms: [UInt8]...) -> [UInt8] {
    [0x10] + withLength(name(path) + terms.joined())
  }

  /// A device named `path` with `terms`.
  static func device(_ path: String, _ terms: [UInt8]...) -> [UInt8] {
    [0x5b, 0x82] + withLength(name(path) + terms.joined())
  }

  /// The object `value` under the name `path`.
  static func named(_ path: String, _ value: [UInt8]) -> [UInt8] { [0x08] + name(path) + value }

  /// A package of `elements`, at most 255.
  static func package(_ elements: [[UInt8]]) -> [UInt8] {
    [0x12] + withLength([UInt8(elements.count)] + elements.joined())
  }

  /// A buffer that holds `bytes`.
  static func buffer(_ bytes: [UInt8]) -> [UInt8] {
    [0x11] + withLength(integer(UInt64(bytes.count)) + bytes)
  }

  /// An integer, as short as it can be.
  static func integer(_ value: UInt64) -> [UInt8] {
    switch value {
    case 0: return [0x00]
    case 1: return [0x01]
    case ...0xff: return [0x0a, UInt8(value)]
    case ...0xffff: return prefixed(0x0b, UInt16(value))
    case ...0xffff_ffff: return prefixed(0x0c, UInt32(value))
    default: return prefixed(0x0e, value)
    }
  }

  /// A string of ASCII.
  static func string(_ text: String) -> [UInt8] { [0x0d] + text.utf8 + [0] }

  /// A Plug and Play identifier of three capitals and four hexadecimal digits ("PNP0A08") as the integer that it is
  /// compressed to (section 19.6.36, EISAID).
  static func eisaID(_ text: String) -> [UInt8] {
    let letters = text.utf8.prefix(3).map { UInt32($0 - 0x40) }
    guard letters.count == 3, let product = UInt32(text.dropFirst(3), radix: 16) else {
      preconditionFailure("\(text) is no EISA identifier")
    }
    // The integer is stored with its bytes reversed.
    let value = letters[0] << 26 | letters[1] << 21 | letters[2] << 16 | product
    return prefixed(0x0c, value.byteSwapped)
  }

  /// A path of segments of at most four characters, "\\_SB.PCI0" or "_CRS" (section 20.2.2, name objects).
  static func name(_ path: String) -> [UInt8] {
    let root: [UInt8] = path.hasPrefix("\\") ? [0x5c] : []
    let segments = path.drop { $0 == "\\" }.split(separator: ".").map { segment in
      Array(segment.utf8) + [UInt8](repeating: 0x5f, count: 4 - segment.utf8.count)
    }
    switch segments.count {
    case 1: return root + segments[0]
    case 2: return root + [0x2e] + segments.joined()
    default: return root + [0x2f, UInt8(segments.count)] + segments.joined()
    }
  }

  private static func prefixed<T: FixedWidthInteger & BitwiseCopyable>(_ prefix: UInt8, _ value: T) -> [UInt8]
  {
    var bytes = [prefix]
    bytes.append(field: value)
    return bytes
  }

  /// `body` behind its length, which counts its own one to four bytes (section 20.2.4, PkgLength).
  private static func withLength(_ body: [UInt8]) -> [UInt8] {
    if body.count + 1 < 1 << 6 { return [UInt8(body.count + 1)] + body }
    let more = body.count + 2 < 1 << 12 ? 1 : body.count + 3 < 1 << 20 ? 2 : 3
    let length = body.count + 1 + more
    precondition(length < 1 << 28)
    let lead = UInt8(more << 6 | length & 0xf)
    return [lead] + (0..<more).map { UInt8(truncatingIfNeeded: length >> (4 + 8 * $0)) } + body
  }
}
