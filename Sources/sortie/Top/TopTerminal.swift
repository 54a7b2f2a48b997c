// winsize comes with the kernel headers that it includes.
import CLinuxKVM
import Glibc

/// The terminal while `sortie top` draws on it: its other screen, keys one by one, no cursor. It is as before when the object
/// goes.
final class TopTerminal {
  private let raw: RawTerminal
  private var drawn: [String] = []
  private var drawnSize = Size(width: 0, height: 0)

  /// Columns and lines.
  struct Size: Equatable {
    var width: Int
    var height: Int
  }

  /// Switches to the other screen (xterm's private mode 1049) and hides the cursor (mode 25).
  private static let enter = "\u{1b}[?1049h\u{1b}[?25l"
  private static let leave = "\u{1b}[0m\u{1b}[?25h\u{1b}[?1049l"

  /// nil where standard input or output is no terminal, or one that cannot place text.
  init?() {
    guard getenv("TERM").map({ strcmp($0, "dumb") != 0 }) ?? false, let raw = RawTerminal() else {
      return nil
    }
    self.raw = raw
    raw.write(Array(Self.enter.utf8))
  }

  deinit { raw.write(Array(Self.leave.utf8)) }

  /// What was typed, and whether the terminal is still there.
  func read() -> [UInt8] { raw.read(256) }

  /// Its size; 80 by 24 where it does not say.
  var size: Size {
    var window = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else {
      return Size(width: 80, height: 24)
    }
    return Size(width: Int(window.ws_col), height: Int(window.ws_row))
  }

  /// Shows `lines`, made for `size`, in one write; those that stand there already are left alone.
  func draw(_ lines: [String], size: Size) {
    var frame = ""
    if size != drawnSize {
      frame = "\u{1b}[0m\u{1b}[2J"
      drawn = []
      drawnSize = size
    }
    for row in 0..<max(lines.count, drawn.count) {
      let line = row < lines.count ? lines[row] : ""
      guard row >= drawn.count || line != drawn[row] else { continue }
      // Erased before, not behind: a line as wide as the screen leaves the cursor on its last column.
      frame += "\u{1b}[\(row + 1);1H\u{1b}[2K\(line)"
    }
    drawn = lines
    if !frame.isEmpty { raw.write(Array(frame.utf8)) }
  }
}
