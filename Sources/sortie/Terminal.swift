import Glibc
import SystemPackage

/// Messages for people, on standard error, so that standard output holds only what was asked for.
enum Terminal {
  /// Standard error is a terminal: progress may be drawn over.
  static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }

  /// Standard output is a terminal and nobody asked for plain text (https://no-color.org).
  static var wantsColour: Bool { isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil }

  /// Writes `text` as it is.
  static func write(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { return }
      bytes = bytes.dropFirst(written)
    }
  }

  /// Writes a line.
  static func note(_ text: String) { write(text + "\n") }

  /// Says what to do with the trace at `path`, in words that a shell takes as they are.
  static func suggest(_ path: FilePath) {
    let plain = path.string.utf8.allSatisfy { byte in
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
        || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || Array("/._-+:@%,".utf8).contains(byte)
    }
    let word = plain ? path.string : "'\(path.string.replacing("'", with: "'\\''"))'"
    note("next: sortie report \(word)")
  }

  /// Writes an error.
  static func error(_ text: String) { write("sortie: \(text)\n") }
}
