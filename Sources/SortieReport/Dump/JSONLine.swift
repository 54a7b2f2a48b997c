/// Builds one JSON object on one line, for output too long to go through an encoder.
struct JSONLine {
  private var bytes: [UInt8]
  private var isFirst = true

  /// An object at the end of `buffer`, which is taken over until ``finish()`` gives it back.
  init(_ buffer: inout [UInt8]) {
    bytes = []
    swap(&bytes, &buffer)
    bytes.append(UInt8(ascii: "{"))
  }

  mutating func string(_ name: String, _ value: String?) {
    key(name)
    guard let value else {
      bytes.append(contentsOf: "null".utf8)
      return
    }
    quote(value)
  }

  mutating func number(_ name: String, _ value: UInt64?) {
    raw(name, value.map { String($0) } ?? "null")
  }

  mutating func bool(_ name: String, _ value: Bool) { raw(name, value ? "true" : "false") }

  /// Precondition: `value` is JSON.
  mutating func raw(_ name: String, _ value: String) {
    key(name)
    bytes.append(contentsOf: value.utf8)
  }

  /// The buffer with the object closed.
  mutating func finish() -> [UInt8] {
    bytes.append(UInt8(ascii: "}"))
    var result: [UInt8] = []
    swap(&result, &bytes)
    return result
  }

  private mutating func key(_ name: String) {
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    isFirst = false
    quote(name)
    bytes.append(UInt8(ascii: ":"))
  }

  /// RFC 8259, section 7.
  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0..<0x20:
        let digits = String(byte, radix: 16)
        bytes.append(contentsOf: "\\u00\(digits.count == 1 ? "0" : "")\(digits)".utf8)
      default:
        bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
