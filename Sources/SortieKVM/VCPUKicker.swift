internal import CLinuxKVM

/// What each bit of `kvm_run.immediate_exit` means here; KVM only asks whether the byte is zero. Bits of their own
/// let each party clear its own without losing another's.
@usableFromInline
enum ImmediateExitBits {
  /// Somebody wants the vCPU out.
  @inlinable static var requested: UInt8 { 1 }
  /// `completeUserspaceIO` is under way.
  @inlinable static var completing: UInt8 { 2 }
  /// The kick signal has been sent for the request that stands. Real-time signals queue, up to a limit that all
  /// processes of a user share: one signal a request is enough.
  @inlinable static var signalled: UInt8 { 4 }
}

/// Gets a vCPU out of KVM_RUN from another thread. Valid while the vCPU exists.
public struct VCPUKicker: @unchecked Sendable {
  // A byte that KVM and this process access atomically; hence the unchecked conformance.
  private let immediateExit: UnsafeMutablePointer<UInt8>

  init(immediateExit: UnsafeMutablePointer<UInt8>) {
    self.immediateExit = immediateExit
  }

  /// Makes the next `run` return EINTR at once, and, with the kernel's id of the vCPU's thread, the one under way
  /// too. The flag is set before the signal, so none is lost between the thread's look at it and its entry. The
  /// thread must have a handler for the kick signal and not block it. Stays until `VCPU.setImmediateExit(false)`.
  ///
  /// - Returns: 0, or the errno of tgkill.
  @discardableResult
  public func kick(thread: Int32? = nil) -> Int32 {
    guard let thread else {
      _ = sortie_byte_or(immediateExit, ImmediateExitBits.requested)
      return 0
    }
    let before = sortie_byte_or(immediateExit, ImmediateExitBits.requested | ImmediateExitBits.signalled)
    return before & ImmediateExitBits.signalled == 0 ? sortie_kick(thread) : 0
  }

  /// Whether a kick is pending.
  public var isPending: Bool { sortie_byte_load(immediateExit) & ImmediateExitBits.requested != 0 }
}
