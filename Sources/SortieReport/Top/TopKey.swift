/// A key of the terminal.
public enum TopKey: Sendable, Equatable {
  case character(Character)
  case enter
  case escape
  case backspace
  case up
  case down
  case pageUp
  case pageDown
  /// Ctrl-C.
  case interrupt
}

/// Reads keys from what a terminal sends (ECMA-48: a control sequence is ESC [, parameters, a final byte).
public struct TopKeyReader: Sendable {
  private var rest: [UInt8] = []

  /// Longest control sequence that is waited for.
  private static let mostBytes = 16

  /// A reader that has read nothing.
  public init() {}

  /// The keys in `bytes` and in what was left of those before. What ends within a control sequence waits for more, unless
  /// `isComplete`: nothing more came in time.
  public mutating func keys(_ bytes: [UInt8], isComplete: Bool = false) -> [TopKey] {
    rest += bytes
    var keys: [TopKey] = []
    var position = 0
    while position < rest.count {
      guard let (key, length) = Self.key(rest[position...], isComplete) else { break }
      if let key { keys.append(key) }
      position += length
    }
    rest.removeFirst(position)
    return keys
  }

  /// The first key, nil for one without a meaning here, and its bytes; nil where more has to come.
  private static func key(_ bytes: ArraySlice<UInt8>, _ isComplete: Bool) -> (TopKey?, Int)? {
    let first = bytes[bytes.startIndex]
    switch first {
    case 3: return (.interrupt, 1)
    case 10, 13: return (.enter, 1)
    case 8, 127: return (.backspace, 1)
    case 27: return escape(bytes, isComplete)
    case ..<32: return (nil, 1)
    default: return character(bytes, isComplete)
    }
  }

  private static func character(_ bytes: ArraySlice<UInt8>, _ isComplete: Bool) -> (TopKey?, Int)? {
    let first = bytes[bytes.startIndex]
    let length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
    guard bytes.count >= length else { return isComplete ? (nil, bytes.count) : nil }
    let text = String(decoding: bytes.prefix(length), as: UTF8.self)
    let isText = text.unicodeScalars.allSatisfy {
      $0 != "\u{fffd}" && $0.properties.generalCategory != .control
    }
    guard isText, text.count == 1, let character = text.first else { return (nil, 1) }
    return (.character(character), length)
  }

  private static func escape(_ bytes: ArraySlice<UInt8>, _ isComplete: Bool) -> (TopKey?, Int)? {
    let sequence = bytes.prefix(mostBytes).dropFirst()
    guard let kind = sequence.first else { return isComplete ? (.escape, 1) : nil }
    guard kind == UInt8(ascii: "[") || kind == UInt8(ascii: "O") else { return (.escape, 1) }
    guard let final = sequence.dropFirst().firstIndex(where: { (0x40...0x7e).contains($0) }) else {
      return isComplete || bytes.count >= mostBytes ? (nil, sequence.count + 1) : nil
    }
    let parameters = String(decoding: sequence[sequence.startIndex + 1..<final], as: UTF8.self)
    let length = final - bytes.startIndex + 1
    let key: TopKey? =
      switch (parameters, sequence[final]) {
      case ("", UInt8(ascii: "A")): .up
      case ("", UInt8(ascii: "B")): .down
      case ("5", UInt8(ascii: "~")): .pageUp
      case ("6", UInt8(ascii: "~")): .pageDown
      default: nil
      }
    return (key, length)
  }
}
