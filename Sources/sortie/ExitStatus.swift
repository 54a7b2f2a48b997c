import Glibc
import SortieMachine

/// What the program tells its parent; the manual is in ``Sortie``.
enum ExitStatus: Int32 {
  case success = 0
  case failure = 1
  case usage = 2
  case unsupportedHere = 3
  case guestFailed = 4
  case timeout = 124
  case interrupted = 130
}

/// Ends the program with a status.
func leave(with status: ExitStatus) -> Never {
  fflush(nil)
  Glibc.exit(status.rawValue)
}

/// Ends the program with the status of a guest, of which a parent sees the low eight bits.
func leave(withGuestStatus status: UInt32) -> Never {
  fflush(nil)
  Glibc.exit(Int32(truncatingIfNeeded: status & 0xff))
}

/// A failure with the one sentence that people read and the status that scripts read.
struct Failure: Error {
  let message: String
  let status: ExitStatus

  init(_ message: String, status: ExitStatus = .failure) {
    self.message = message
    self.status = status
  }

  /// A failure that says what `error` says.
  init(_ error: any Error, status: ExitStatus? = nil) {
    let usual: ExitStatus =
      switch error as? MachineError {
      case .configuration: .usage
      case .missing: .unsupportedHere
      default: .failure
      }
    self.init("\(error)", status: status ?? usual)
  }
}
