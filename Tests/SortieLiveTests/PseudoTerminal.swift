import CLinuxKVM
import Glibc

/// A program on a terminal of its own, with its keys and what it shows.
final class PseudoTerminal {
  /// What it has shown so far.
  private(set) var shown = ""
  private let keyboard: Int32
  private let terminal: Int32
  private let process: pid_t

  /// Starts `path` with standard input, output and error on a new pseudo-terminal.
  init(_ path: String, _ arguments: [String]) throws {
    var (keyboard, terminal): (Int32, Int32) = (-1, -1)
    guard openpty(&keyboard, &terminal, nil, nil, nil) == 0 else {
      throw Subprocess.Failure(description: "openpty: \(String(cString: strerror(errno)))")
    }
    _ = fcntl(keyboard, F_SETFL, O_NONBLOCK)
    _ = fcntl(keyboard, F_SETFD, FD_CLOEXEC)
    (self.keyboard, self.terminal) = (keyboard, terminal)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor in 0..<Int32(3) { posix_spawn_file_actions_adddup2(&actions, terminal, descriptor) }
    var arguments = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for pointer in arguments { free(pointer) } }
    var pid: pid_t = 0
    let error = posix_spawnp(&pid, path, &actions, nil, &arguments, environ)
    process = pid
    guard error == 0 else {
      throw Subprocess.Failure(description: "\(path): \(String(cString: strerror(error)))")
    }
  }

  deinit {
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
    close(keyboard)
    close(terminal)
  }

  /// Whether keys come one by one, without an echo of the terminal's own.
  var isRaw: Bool {
    var settings = termios()
    tcgetattr(terminal, &settings)
    return settings.c_lflag & tcflag_t(ICANON | ECHO | ISIG) == 0
  }

  /// Gives it a size.
  func resize(columns: UInt16, lines: UInt16) {
    var size = winsize(ws_row: lines, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(terminal, UInt(TIOCSWINSZ), &size)
  }

  /// Types `keys`.
  func type(_ keys: String) {
    let bytes = Array(keys.utf8)
    _ = write(keyboard, bytes, bytes.count)
  }

  func send(_ signal: Int32) { kill(process, signal) }

  /// Waits until `text` has been shown, and forgets all up to its end; false if that takes more than `limit` seconds.
  func shows(_ text: String, limit: Double = 20) -> Bool {
    let deadline = Subprocess.now() + limit
    while true {
      look()
      if let range = shown.ranges(of: text).first {
        shown.removeSubrange(..<range.upperBound)
        return true
      }
      guard Subprocess.now() < deadline else { return false }
      usleep(5000)
    }
  }

  /// Its exit status; nil if it is not over within `limit` seconds, or a signal ended it.
  func status(limit: Double = 20) -> Int32? {
    let deadline = Subprocess.now() + limit
    var status: Int32 = 0
    while waitpid(process, &status, WNOHANG) != process {
      guard Subprocess.now() < deadline else { return nil }
      look()
      usleep(5000)
    }
    look()
    return status & 0x7f == 0 ? status >> 8 & 0xff : nil
  }

  private func look() {
    var bytes = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(keyboard, &bytes, bytes.count)
      guard count > 0 else { return }
      shown += String(decoding: bytes[..<count], as: UTF8.self)
    }
  }
}
