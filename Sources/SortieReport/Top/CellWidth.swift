/// How many columns of a terminal text takes, and text cut to a number of them.
enum CellWidth {
  /// Columns of `text`, which holds no control characters.
  static func of(_ text: String) -> Int {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
    return text.reduce(0) { $0 + of($1) }
  }

  /// Columns of a character: wide ones of East Asia and pictures take two (Unicode, Standard Annex 11), marks that stand on
  /// others none.
  static func of(_ character: Character) -> Int {
    guard let scalar = character.unicodeScalars.first else { return 0 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return 0
    default: break
    }
    if character.unicodeScalars.contains(where: { $0.value == 0xfe0f }) { return 2 }
    return wide.contains { $0.contains(scalar.value) } || scalar.properties.isEmojiPresentation ? 2 : 1
  }

  /// What EastAsianWidth.txt calls wide or full-width, in whole blocks.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff,
    0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6, 0x17000...0x18dff, 0x1aff0...0x1b2ff,
    0x1f300...0x1f64f, 0x1f900...0x1f9ff, 0x20000...0x3fffd,
  ]

  /// `text` in at most `width` columns; what was cut ends with an ellipsis.
  static func cut(_ text: String, _ width: Int) -> String {
    guard of(text) > width else { return text }
    guard width > 0 else { return "" }
    var (cut, used) = ("", 0)
    for character in text {
      let more = of(character)
      if used + more > width - 1 { break }
      cut.append(character)
      used += more
    }
    return cut + "…"
  }

  /// `text` in exactly `width` columns, cut or filled with blanks before it or behind it.
  static func fit(_ text: String, _ width: Int, isRight: Bool) -> String {
    let text = cut(text, width)
    let blanks = String(repeating: " ", count: max(0, width - of(text)))
    return isRight ? blanks + text : text + blanks
  }
}
