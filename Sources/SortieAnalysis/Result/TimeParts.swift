/// Where the time of a vCPU thread went between its first and its last `KVM_RUN`, TSC cycles: each lies in one part.
public struct TimeParts: Sendable, Equatable {
  /// In the guest: `kvm_entry` to `kvm_exit`.
  public var guest: UInt64 = 0
  /// In KVM: from an exit to the way out or back into the guest, and from the way back to an entry.
  public var kernel: UInt64 = 0
  /// On the way to user space: `kvm_fpu` "unload" to the return of `KVM_RUN`.
  public var switchOut: UInt64 = 0
  /// In the VMM.
  public var vmm: UInt64 = 0
  /// On the way back: the call of `KVM_RUN` to `kvm_fpu` "load".
  public var switchIn: UInt64 = 0
  /// The vCPU was halted or waited for a SIPI: asleep, or polling for an end of the halt.
  public var blocked: UInt64 = 0
  /// Of `blocked`, on the CPU: polling for an end of the halt.
  public var polled: UInt64 = 0
  /// Preempted, woken and not running yet, or waiting for anything else.
  public var offCPU: UInt64 = 0
  /// Of `offCPU`, asleep.
  public var slept: UInt64 = 0
  /// In the guest or in KVM, which a host without `kvm_entry` and `kvm_exit` does not tell apart.
  public var undivided: UInt64 = 0
  /// In user space and on the way there and back, or in KVM too: out of the guest, where nothing tells these apart.
  public var outside: UInt64 = 0
  /// Events are missing there, or stand in no order that could be.
  public var unaccounted: UInt64 = 0
  /// In any of these, while operations were left out that filters did not want.
  public var leftOut: UInt64 = 0
  /// Of `blocked` and `offCPU`: from leaving its CPU to the next sign of the thread, where the kernel did not report
  /// its return. It ran for some of that.
  public var unseen: UInt64 = 0

  /// No time at all.
  public init() {}

  /// All parts but what is unaccounted or left out, cycles.
  public var accounted: UInt64 {
    guest &+ kernel &+ switchOut &+ vmm &+ switchIn &+ blocked &+ offCPU &+ undivided &+ outside
  }

  /// What the scheduler calls on the CPU, cycles: all but off-CPU, blocked asleep, and unaccounted.
  public var onCPU: UInt64 {
    guest &+ kernel &+ switchOut &+ vmm &+ switchIn &+ undivided &+ outside &+ polled
  }

  /// Asleep, halted or waiting for anything but a CPU, cycles: the scheduler counts neither as running nor as waiting.
  public var asleep: UInt64 { blocked - min(blocked, polled) &+ slept }
}
