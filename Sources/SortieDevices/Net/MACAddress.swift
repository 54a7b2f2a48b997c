/// The address of a network card (IEEE 802, clause 8).
public struct MACAddress: Hashable, Sendable, CustomStringConvertible {
  /// The six bytes in the order in which they are sent.
  public let bytes: [UInt8]

  /// The address of a card: six bytes, not of a group.
  public init?(bytes: [UInt8]) {
    guard bytes.count == 6, bytes[0] & 1 == 0 else { return nil }
    self.bytes = bytes
  }

  /// Six pairs of hexadecimal digits with colons between them, not of a group.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let bytes = parts.compactMap { part in
      part.utf8.count == 2 && part.allSatisfy(\.isHexDigit) ? UInt8(part, radix: 16) : nil
    }
    guard bytes.count == parts.count else { return nil }
    self.init(bytes: bytes)
  }

  /// An address out of those that are administered locally, so that no card in the world has it, and two guests hardly
  /// ever have the same.
  public static func random(using generator: inout some RandomNumberGenerator) -> MACAddress {
    var bytes = (0..<6).map { _ in UInt8.random(in: 0...255, using: &generator) }
    bytes[0] = bytes[0] & ~1 | 2
    return MACAddress(unchecked: bytes)
  }

  private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  /// As people write it, such as `52:54:00:12:34:56`.
  public var description: String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
  }
}
