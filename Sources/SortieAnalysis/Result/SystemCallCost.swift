/// What a machine monitor that was attached to spent in one system call while it handled the round trips of a site.
public struct SystemCallCost: Sendable, Equatable {
  /// VM index.
  public var vm: UInt32
  /// KVM's name of the round trips' reason, or `kick`.
  public var reason: String
  /// The site of the round trips, in words.
  public var site: String
  /// The call: `futex`, `ioctl KVM_IRQ_LINE`, or `other calls` where the bounded table folded them; nil: none, its own code
  /// in user space, and the way there and back.
  public var call: String?
  /// Round trips of the site that have both stamps.
  public var roundTrips: UInt64
  /// Calls; of its own code, round trips.
  public var count: UInt64
  /// From the calls' entries to their exits, waiting included, summed, cycles.
  public var cycles: UInt64
  /// The longest call, cycles; nil of its own code.
  public var longest: UInt64?
  /// `cycles` as a share of all `u0..u1` of the site; nil where that is nothing.
  public var share: Double?
}
