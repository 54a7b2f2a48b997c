/// What became of the exits of one hardware reason, as `kvm_exit` reports them.
public struct ExitCounts: Sendable, Equatable {
  /// VM index.
  public var vm: UInt32
  /// The vendor's name; `other` for what the bounded table folded together.
  public var reason: String
  /// Handled inside the kernel.
  public var light: UInt64
  /// Handed to user space.
  public var heavy: UInt64
  /// Only a signal or an immediate exit brought the thread to user space.
  public var kicked: UInt64
  /// In no pair: the last exit of a vCPU, or beside a loss.
  public var unpaired: UInt64

  /// Back in the guest, and nothing tells whether user space was asked.
  public var unclassified: UInt64 = 0

  /// `kvm_exit` events.
  public var count: UInt64 { light &+ heavy &+ kicked &+ unpaired &+ unclassified }
}
