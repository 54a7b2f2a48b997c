import Glibc

/// A line of progress that is drawn over on a terminal, and written now and then elsewhere.
struct Progress {
  private let isInteractive = Terminal.isInteractive
  private var lastSeconds = 0.0
  private var isDrawn = false

  /// Seconds between two lines where they cannot be drawn over.
  private static let plainInterval = 5.0
  /// Nothing is shown before this many seconds: short runs stay quiet.
  private static let quietSeconds = 1.0

  /// Shows `text`, which is true after `seconds`.
  mutating func show(_ text: @autoclosure () -> String, seconds: Double) {
    guard seconds >= Self.quietSeconds else { return }
    if isInteractive {
      Terminal.write("\r\u{1b}[K\(text())")
      isDrawn = true
    } else if seconds - lastSeconds >= Self.plainInterval {
      Terminal.note(text())
      lastSeconds = seconds
    }
  }

  /// Takes the line away.
  mutating func clear() {
    if isDrawn { Terminal.write("\r\u{1b}[K") }
    isDrawn = false
    lastSeconds = 0
  }
}
