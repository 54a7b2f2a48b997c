/// How often KVM switched the state that it leaves in place for as long as it can: over light exits, and until the vCPU's
/// thread goes to user space or off its CPU.
public struct LazyState: Sendable, Equatable {
  /// `kvm_fpu` "unload" events: the guest's FPU state was put away, on the way to user space; nil without events of
  /// the kernel.
  public var fpuUnloads: UInt64?
  /// `kvm_fpu` "load" events: it was loaded, on the way back.
  public var fpuLoads: UInt64?
  /// KVM's statistic `host_state_reload`: the host's segments and MSRs were put back; nil where the host does not count.
  public var hostStateReloads: UInt64?
  /// KVM's statistic `fpu_reload`.
  public var fpuReloads: UInt64?

  /// Nothing is known.
  public init() {}
}
