/// How text is set: with ANSI colours or without.
struct TextStyle {
  /// Escape sequences are wanted.
  var colour: Bool

  func bold(_ text: String) -> String { wrap(text, "1") }
  func dim(_ text: String) -> String { wrap(text, "2") }
  func warning(_ text: String) -> String { wrap(text, "33") }

  private func wrap(_ text: String, _ code: String) -> String {
    colour && !text.isEmpty ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
  }
}

/// Breaks text between words into lines of at most `width` characters; the lines after the first begin with `indent`.
func wrapped(_ text: String, width: Int, indent: String = "") -> [String] {
  var lines: [String] = []
  var line = ""
  for word in text.split(separator: " ") {
    if !line.isEmpty, line.count + 1 + word.count > width {
      lines.append(line)
      line = indent
    }
    if line.isEmpty || line == indent { line += word } else { line += " " + word }
    while line.count > width {
      lines.append(String(line.prefix(width)))
      line = indent + line.dropFirst(width)
    }
  }
  if !line.isEmpty { lines.append(line) }
  return lines
}

/// Text from a trace, fit for a terminal: control characters are replaced, and what is too long is cut.
public func printable(_ text: String, limit: Int = 200) -> String {
  let clean = String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? "\u{fffd}" : $0 }))
  return clean.count > limit ? String(clean.prefix(limit - 1)) + "…" : clean
}

private func isControl(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: true
  default: false
  }
}
