internal import SystemPackage

/// A 128-bit identifier, printed as RFC 9562 prints a UUID.
public struct TraceUUID: Sendable, Hashable, CustomStringConvertible {
  /// Its first eight bytes, big-endian.
  public var high: UInt64
  /// Its last eight bytes, big-endian.
  public var low: UInt64

  /// An identifier from its two halves.
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// An identifier from its text (32 hexadecimal digits, hyphens anywhere), or nil if it is none.
  public init?(_ text: some StringProtocol) {
    let digits = text.utf8.filter { $0 != UInt8(ascii: "-") }
    guard digits.count == 32, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
      let high = UInt64(String(decoding: digits.prefix(16), as: UTF8.self), radix: 16),
      let low = UInt64(String(decoding: digits.suffix(16), as: UTF8.self), radix: 16)
    else { return nil }
    self.init(high: high, low: low)
  }

  /// A random identifier (version 4, RFC 9562 section 5.4).
  public static func random() -> TraceUUID {
    let high = UInt64.random(in: 0...UInt64.max) & 0xffff_ffff_ffff_0fff | 0x4000
    let low = UInt64.random(in: 0...UInt64.max) & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
    return TraceUUID(high: high, low: low)
  }

  /// The identifier of this boot of this host, `/proc/sys/kernel/random/boot_id`, or nil where there is none.
  public static func boot() -> TraceUUID? {
    var text = [UInt8](repeating: 0, count: 64)
    guard let file = try? FileDescriptor.open("/proc/sys/kernel/random/boot_id", .readOnly) else {
      return nil
    }
    defer { try? file.close() }
    guard let count = try? text.withUnsafeMutableBytes({ try file.read(into: $0) }) else { return nil }
    return TraceUUID(String(decoding: text[..<count].filter { $0 > 32 }, as: UTF8.self))
  }

  /// 8-4-4-4-12 hexadecimal digits.
  public var description: String {
    let digits = hexadecimal(high, digits: 16) + hexadecimal(low, digits: 16)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { text.append("-") }
      text.append(digit)
    }
    return text
  }
}

/// Which recording a trace is and what its cycles are.
public struct TraceIdentity: Sendable, Equatable {
  /// Boot of the host during which it was recorded; nil if unknown.
  public var bootID: TraceUUID?
  /// This recording and no other.
  public var traceID: TraceUUID
  /// Frequency of the host's TSC, kHz; nil if unknown.
  public var tscKHz: UInt64?
  /// Whether the TSC runs at that frequency in every power state (CPUID 0x80000007 EDX bit 8); nil if unknown.
  public var tscIsInvariant: Bool?

  /// An identity; by default this boot and a new recording.
  public init(
    bootID: TraceUUID? = .boot(), traceID: TraceUUID = .random(), tscKHz: UInt64?, tscIsInvariant: Bool?
  ) {
    self.bootID = bootID
    self.traceID = traceID
    self.tscKHz = tscKHz
    self.tscIsInvariant = tscIsInvariant
  }
}
