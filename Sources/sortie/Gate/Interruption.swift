import Glibc
import SortieMachine

/// Ctrl-C and its kin, for verbs that wait for other programs: these are ended and files put in order before this one ends.
enum Interruption {
  /// Blocks the signals, once and for this program's life.
  private static let blocked = try? Blocked()

  /// An optional of what cannot be copied can only be taken out of it.
  private final class Blocked: Sendable {
    let signals: StopSignals
    init() throws { signals = try StopSignals() }
  }

  /// What ends the verb.
  static let failure = Failure("interrupted by a signal", status: .interrupted)

  /// From now on signals are only noticed here.
  static func begin() { _ = hasCome }

  /// Whether one has come.
  static var hasCome: Bool { isReadable(signalDescriptor, milliseconds: 0) }

  /// Waits for so long at the most, or until a signal comes or `input` has something to read; whether it has.
  @discardableResult
  static func wait(milliseconds: Int32, orInput input: Int32 = -1) -> Bool {
    var ready = [
      pollfd(fd: signalDescriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: input, events: Int16(POLLIN), revents: 0),
    ]
    return poll(&ready, 2, milliseconds) > 0 && ready[1].revents != 0
  }

  /// -1, for which poll(2) does not look, where signals cannot be had.
  private static var signalDescriptor: Int32 { blocked?.signals.descriptor ?? -1 }

  private static func isReadable(_ descriptor: Int32, milliseconds: Int32) -> Bool {
    var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&ready, 1, milliseconds) > 0 && ready.revents != 0
  }
}
