import Glibc
import SortieDevices
import SortieMachine
import SystemPackage

/// Where a guest's console goes: nowhere, into a file, to standard error, onto this terminal, or to whoever connects to a
/// socket.
final class ConsoleEnd {
  /// What somebody asked for at the console.
  enum Request {
    /// The machine is to end.
    case end
    /// Its power button is to be pressed.
    case powerButton
  }

  private enum Kind {
    case writer(FileDescriptor)
    case terminal(RawTerminal)
    case socket(ConsoleSocket)
  }

  private let kind: Kind
  private var escape = EscapeFilter()

  /// What `--console` says: a file, `-` for standard error, `tty`, or `unix:` and a path.
  ///
  /// - Throws: ``Failure`` naming the option.
  init(_ text: String) throws(Failure) {
    switch text {
    case "-": kind = .writer(.standardError)
    case "tty":
      guard let terminal = RawTerminal() else {
        throw Failure("--console tty: standard input and output are no terminal; name a file", status: .usage)
      }
      kind = .terminal(terminal)
      Terminal.write(EscapeFilter.help)
    case _ where text.hasPrefix("unix:"):
      kind = .socket(try ConsoleSocket(path: String(text.dropFirst(5))))
    default:
      do {
        kind = .writer(
          try FileDescriptor.open(
            text, .writeOnly, options: [.create, .truncate, .closeOnExec],
            permissions: [.ownerReadWrite, .groupRead]))
      } catch {
        throw Failure("--console \(text): \(error)")
      }
    }
  }

  /// Somebody types here, so the guest's answer must not be long in coming.
  var isInteractive: Bool {
    if case .writer = kind { return false }
    return true
  }

  /// It draws on the terminal, where progress would disturb.
  var ownsTerminal: Bool {
    if case .terminal = kind { return true }
    return false
  }

  /// Takes what the guest wrote since the last time.
  func write(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    switch kind {
    case .writer(let file):
      do { try file.writeAll(bytes) } catch {
        Terminal.note("the guest's console cannot be written: \(error)")
      }
    case .terminal(let terminal): terminal.write(bytes)
    case .socket(let socket): socket.write(bytes)
    }
  }

  /// Hands what was typed since the last time to `port`, and returns what was asked for meanwhile.
  func read(into port: (any SerialPort)?) -> Request? {
    let room = 256
    let typed: [UInt8]
    switch kind {
    case .writer: return nil
    case .terminal(let terminal): typed = terminal.read(room)
    case .socket(let socket): typed = socket.read(room)
    }
    guard !typed.isEmpty else { return nil }
    var request: Request?
    var passed = typed
    // Whoever is at a socket has an escape of their own.
    if ownsTerminal { (passed, request) = escape.filter(typed) }
    // The port's queue holds more than is read at a time; what a guest that does not listen leaves is lost, as on a line.
    _ = passed.withUnsafeBytes { port?.receive($0) }
    return request
  }
}

/// The escape of the terminal: Ctrl-A and a letter.
struct EscapeFilter {
  /// What it can do.
  static let help =
    "sortie: Ctrl-A x ends the guest, Ctrl-A p presses its power button, Ctrl-A Ctrl-A is Ctrl-A\n"

  private static let key: UInt8 = 1
  private var isPending = false

  /// What of `typed` is for the guest, and what is asked for.
  mutating func filter(_ typed: [UInt8]) -> (passed: [UInt8], request: ConsoleEnd.Request?) {
    var passed: [UInt8] = []
    var request: ConsoleEnd.Request?
    for byte in typed {
      guard isPending else {
        if byte == Self.key { isPending = true } else { passed.append(byte) }
        continue
      }
      isPending = false
      switch byte {
      case UInt8(ascii: "x"): request = .end
      case UInt8(ascii: "p"): request = .powerButton
      case Self.key: passed.append(Self.key)
      default: Terminal.write("\n" + Self.help)
      }
    }
    return (passed, request)
  }
}
