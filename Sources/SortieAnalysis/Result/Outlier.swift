/// One of the longest durations of a row, and why it took so long.
public struct Outlier: Sendable, Equatable {
  /// What took up at least half of what it is longer than the median; where nothing did, what is known to have
  /// disturbed it.
  public enum Cause: String, Sendable {
    /// Another thread ran on the vCPU thread's CPU.
    case preempted
    /// The vCPU thread waited for something that was no halt: a page, a lock.
    case waited
    /// The vCPU thread had been woken and waited for a CPU.
    case queued
    /// The vCPU was halted.
    case halt
    /// An interrupt of the host brought the processor back. How long its handler ran is seen in part only: where in
    /// its path a kernel reports the exit differs.
    case hostInterrupt = "host_interrupt"
    /// The guest touched memory that its tables of the second level do not map as it wanted.
    case pageFault = "page_fault"
    /// The device model was slow.
    case device
    /// Nothing that was recorded explains it.
    case unexplained
    /// It is less than twice the median: there is nothing to explain.
    case ordinary
    /// When threads were switched is not recorded, or was lost there.
    case unknown
  }

  /// Parts of an operation.
  public enum Place: String, Sendable {
    /// `k0 - g0`.
    case exitPath = "exit_path"
    /// `(u0 - f0) + (f1 - u1)`.
    case switching = "switch"
    /// `(f0 - k0) + (k2 - f1)`, `k2 - k0` when light.
    case kernel
    /// `u1 - u0`.
    case vmm
    /// `g1 - k2`.
    case entryPath = "entry_path"
    /// In the guest between two exits.
    case guest
    /// `u0 - g0`, where the kernel does not report exits.
    case guestToHost = "guest_to_host"
    /// In `KVM_RUN` between two round trips.
    case between = "between_round_trips"
    /// `g1 - u1`, where the kernel does not report exits.
    case hostToGuest = "host_to_guest"
  }

  /// vCPU index.
  public var vcpu: UInt32
  /// When it began, host TSC.
  public var tsc: UInt64
  /// How long it took, cycles.
  public var cycles: UInt64
  /// Why.
  public var cause: Cause
  /// What the cause took of it, as far as that was seen, cycles; nil without one.
  public var causeCycles: UInt64?
  /// The thread that ran longest while this one could have; nil where it was not preempted.
  public var preemptor: UInt32?
  /// What that thread is called; nil if the trace does not say.
  public var preemptorName: String?
  /// Where most of it was spent; nil where the row has but one place.
  public var place: Place?
  /// How much of it was spent there, cycles.
  public var placeCycles: UInt64?

  /// `median` and `usualDevice` are of the row's durations and of what its devices took of them.
  init(_ stretch: LongStretch, median: UInt64, usualDevice: UInt64, threads: VCPUThreads) {
    vcpu = stretch.vcpu
    tsc = stretch.start
    cycles = stretch.cycles
    (cause, causeCycles) =
      cycles / 2 >= median
      ? Self.cause(of: stretch, excess: cycles - median, usualDevice: usualDevice) : (.ordinary, nil)
    if cause == .preempted {
      preemptor = stretch.absences.preemptor
      preemptorName = preemptor.flatMap { threads.name(of: $0) }
    }
    place = stretch.place?.place
    placeCycles = stretch.place?.cycles
  }

  private static func cause(
    of stretch: LongStretch, excess: UInt64, usualDevice: UInt64
  ) -> (Cause, UInt64?) {
    let seen: [(Cause, UInt64)] = [
      (.preempted, stretch.absences.preempted), (.waited, stretch.absences.waited),
      (.queued, stretch.absences.queued), (.halt, stretch.blocked),
      (.hostInterrupt, stretch.interrupts.cycles), (.pageFault, stretch.faults.cycles),
      (.device, stretch.device > usualDevice ? stretch.device : 0),
    ]
    if let most = seen.max(by: { $0.1 < $1.1 }), most.1 > 0, most.1 >= excess / 2 { return most }
    if stretch.interrupts.count > 0 { return (.hostInterrupt, stretch.interrupts.cycles) }
    return stretch.isScheduleKnown ? (.unexplained, nil) : (.unknown, nil)
  }
}
