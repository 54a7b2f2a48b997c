/// Prose in lines that a terminal of 100 columns shows whole.
enum Wrapping {
  private static let columns = 100

  /// `text` in lines that begin with `indent` blanks.
  static func wrap(_ text: String, indent: Int = 0) -> String {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = margin
    for word in text.split(separator: " ") {
      if line.count > indent, line.count + 1 + word.count > columns {
        lines.append(line)
        line = margin
      }
      line += line.count == indent ? String(word) : " \(word)"
    }
    return (lines + [line]).joined(separator: "\n")
  }
}
