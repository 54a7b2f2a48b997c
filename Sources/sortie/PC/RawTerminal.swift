import Glibc

/// This terminal, handed over to a guest key by key until the object goes.
final class RawTerminal {
  private let before: termios

  /// nil where standard input or output is no terminal.
  init?() {
    var settings = termios()
    guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1, tcgetattr(STDIN_FILENO, &settings) == 0
    else { return nil }
    before = settings
    cfmakeraw(&settings)
    // Messages of this program come between the guest's: a line feed still begins a line.
    settings.c_oflag |= tcflag_t(OPOST)
    // Reading returns at once with what there is (termios(3), polling read).
    withUnsafeMutableBytes(of: &settings.c_cc) { characters in
      characters[Int(VMIN)] = 0
      characters[Int(VTIME)] = 0
    }
    guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings) == 0 else { return nil }
  }

  deinit {
    var settings = before
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
  }

  func write(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  /// What was typed, at most `count` bytes.
  func read(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = max(0, Glibc.read(STDIN_FILENO, buffer.baseAddress, count))
    }
  }
}
