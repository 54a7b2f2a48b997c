import Glibc
import SortieMachine

/// Ctrl-C and its kin, for verbs that wait for other programs: these are ended and files put in order before this one ends.
enum Interruption {
  /// Blocks the signals, once and for this program's life: before any thread is started, which inherits it.
  private static let blocked = Result { () throws(MachineError) in try Signals() }

  /// The signals as machines wait for them. What cannot be copied has to stay in one place.
  final class Signals: Sendable {
    let stop: StopSignals
    fileprivate init() throws(MachineError) { stop = try StopSignals() }
  }

  /// The signals, for a machine that runs in this program.
  ///
  /// - Throws: ``Failure`` where they cannot be had.
  static func signals() throws(Failure) -> Signals {
    switch blocked {
    case .success(let signals): return signals
    case .failure(let error): throw Failure(error)
    }
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
  private static var signalDescriptor: Int32 { (try? blocked.get().stop.descriptor) ?? -1 }

  private static func isReadable(_ descriptor: Int32, milliseconds: Int32) -> Bool {
    var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&ready, 1, milliseconds) > 0 && ready.revents != 0
  }
}
