/// How often KVM did something for a guest, as the kernel's events tell; recorded where details were asked for.
public struct KernelEventCount: Sendable, Equatable {
  /// VM index.
  public var vm: UInt32
  /// The tracepoint: `kvm_msr`.
  public var event: String
  /// What it says: `write IA32_TSC_DEADLINE`; `other` for what the bounded table folded together.
  public var detail: String
  /// Events.
  public var count: UInt64
}
