internal import CLinuxKVM
internal import Glibc

/// An eventfd(2): the counter that KVM adds to (ioeventfd) or waits on (irqfd).
public struct EventFD: ~Copyable, Sendable {
  private let descriptor: OwnedDescriptor

  /// A counter at zero that neither blocks nor survives exec.
  ///
  /// - Throws: `KVMError` when the process or the system has no descriptor left.
  public init() throws(KVMError) {
    let opened = sortie_eventfd()
    guard opened >= 0 else {
      throw KVMError(operation: "eventfd", errno: -opened, hint: "raise the limit of open files (ulimit -n)")
    }
    descriptor = OwnedDescriptor(opened)
  }

  /// The descriptor, for poll(2) and KVM; still owned here.
  public var fileDescriptor: Int32 { descriptor.rawValue }

  /// Adds `count` to the counter. A counter that is full keeps its value, which is signal enough.
  public func signal(_ count: UInt64 = 1) {
    var value = count
    _ = write(descriptor.rawValue, &value, 8)
  }

  /// The counter, which becomes zero; 0 when nothing was signalled.
  public func take() -> UInt64 {
    var value: UInt64 = 0
    return read(descriptor.rawValue, &value, 8) == 8 ? value : 0
  }
}
