/// What became of the events of one kind. Each is counted exactly once.
public struct MarkTally: Sendable, Equatable {
  /// Found with what belongs to it.
  public var paired: UInt64 = 0
  /// Without what belongs to it, and no loss explains that: the first entry and the last exit are such.
  public var unpaired: UInt64 = 0
  /// What belongs to it may be missing.
  public var lost: UInt64 = 0

  /// No events.
  public init() {}

  /// All of them.
  public var total: UInt64 { paired &+ unpaired &+ lost }
}

/// What became of the kernel's events on a vCPU thread.
public struct EpisodeTally: Sendable, Equatable {
  /// `kvm_exit` events; paired with the `kvm_entry` that ends the episode.
  public var exits = MarkTally()
  /// `kvm_entry` events.
  public var entries = MarkTally()
  /// Of the entries that are not paired, those that follow an entry: the kernel handled an exit without reporting it.
  public var reentries: UInt64 = 0
  /// `kvm_fpu` "unload" events; paired with the return of `KVM_RUN`.
  public var unloads = MarkTally()
  /// `kvm_fpu` "load" events; paired with the call of `KVM_RUN`.
  public var loads = MarkTally()
  /// `kvm_userspace_exit` events; paired with the return of `KVM_RUN`.
  public var userspaceExits = MarkTally()
  /// `sched_switch` events away from the thread and back to it.
  public var switches = MarkTally()
  /// Round trips, kicks included; paired with the episode they lie in.
  public var roundTrips = MarkTally()
  /// `kvm_vcpu_wakeup` events.
  public var wakeups: UInt64 = 0
  /// `sched_wakeup` events of the thread.
  public var woken: UInt64 = 0
  /// `sched_waking`, `rcu_utilization` and `sched_stat_runtime` events of the thread, which tell when the scheduler read
  /// its clock.
  public var clockReadings: UInt64 = 0
  /// Events that say what KVM did for the guest.
  public var details: UInt64 = 0
  /// Events before the first or after the last `KVM_RUN`.
  public var outside: UInt64 = 0
  /// Stamps before the one before them.
  public var inversions: UInt64 = 0
  /// Events that stood where none of their kind could, without a loss that explains it.
  public var misplaced: UInt64 = 0
  /// Times the thread was seen to leave its CPU and not to come back, without a loss that explains it.
  public var unseenReturns: UInt64 = 0
  /// Episodes without a round trip.
  public var light: UInt64 = 0
  /// Episodes with a round trip that the guest caused.
  public var heavy: UInt64 = 0
  /// Episodes whose round trips were all kicks.
  public var kicked: UInt64 = 0
  /// Episodes of which nothing tells whether they had a round trip.
  public var unclassified: UInt64 = 0

  /// A tally of nothing.
  public init() {}

  /// Exits of the guest to its re-entry.
  public var episodes: UInt64 { exits.paired }

  /// All events of the kernel.
  public var events: UInt64 {
    exits.total &+ entries.total &+ unloads.total &+ loads.total &+ userspaceExits.total &+ switches.total
      &+ wakeups &+ woken &+ clockReadings &+ details &+ outside
  }
}
