internal import Glibc

/// A call of the KVM interface that the kernel refused, or that this host cannot make.
public struct KVMError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The call as the kernel names it, such as `KVM_CREATE_VCPU`, or `open` with the path.
  public let operation: String
  /// The errno the kernel gave, 0 where no call was made.
  public let errno: Int32
  /// What the value was and what mends it, one clause without a full stop. May be empty.
  public let hint: String

  /// An error of `operation` with the kernel's `errno` and a hint on how to mend it.
  public init(operation: String, errno: Int32, hint: String = "") {
    self.operation = operation
    self.errno = errno
    self.hint = hint
  }

  /// One sentence: what failed, with which value, and how to mend it.
  public var description: String {
    var text = operation
    if errno != 0 {
      text += ": \(String(cString: strerror(errno))) (errno \(errno))"
    }
    if !hint.isEmpty {
      text += "; \(hint)"
    }
    return text
  }
}
