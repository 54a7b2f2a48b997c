internal import Glibc

/// A system call that the host refused, with what it was asked to do.
public struct HostError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The call, or what it was to do, with the names that tell a person which.
  public let operation: String
  /// The kernel's reason, an errno(3).
  public let errno: Int32
  /// What mends it, one clause without a full stop. May be empty.
  public let hint: String

  /// The failure of `operation` with `errno`, and a hint on how to mend it.
  public init(_ operation: String, errno: Int32, hint: String = "") {
    self.operation = operation
    self.errno = errno
    self.hint = hint
  }

  /// A phrase for people.
  public var description: String {
    "\(operation): \(String(cString: strerror(errno)))" + (hint.isEmpty ? "" : "; \(hint)")
  }
}
