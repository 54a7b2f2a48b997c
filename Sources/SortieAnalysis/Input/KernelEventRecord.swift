/// An event of the host's kernel on one vCPU thread, as far as pairing wants it.
struct KernelEventRecord: Equatable {
  /// What happened.
  enum Kind: Equatable {
    /// `kvm_exit`: k0; `detail`: what it says of itself beside its reason.
    case exit(HardwareExitReason, nestedLevel: UInt8, detail: ExitDetail?)
    /// `kvm_entry`: k2.
    case entry
    /// `kvm_userspace_exit`: k1; `KVM_EXIT_*`, which is stale where KVM_RUN ends with an error.
    /// `errno` is then not 0.
    case userspaceExit(reason: UInt32, errno: UInt16)
    /// `kvm_fpu` "unload": f0.
    case unload
    /// `kvm_fpu` "load": f1.
    case load
    /// `kvm_vcpu_wakeup`: the vCPU was halted for so many ns, polling included.
    case wakeup(nanoseconds: UInt64)
    /// `sched_switch` away from the thread.
    case switchedOut(next: UInt32, Departure)
    /// `sched_switch` to the thread; whether its CPU was idle before.
    case switchedIn(fromIdle: Bool)
    /// What KVM did for the guest.
    case detail(DetailEvent, ExitDetail)
    /// `sched_waking` of the thread: its wake-up begins.
    case waking
    /// `sched_wakeup` of the thread: it could run from now on; whether that CPU then is to take another thread.
    case woken(isUrgent: Bool)
    /// `sys_enter`: the thread makes a system call.
    case callBegins(SystemCall)
    /// `sys_exit`: a call has ended, with this result.
    case callEnds(Int64)
    /// `rcu_utilization`: of a switch, right before the scheduler reads its clock.
    case reading
    /// Filters of the recorder left out so many events of the thread from one stamp to another, which made so many operations.
    case leftOut(since: UInt64, until: UInt64, events: UInt64, operations: UInt64)
    /// `sched_stat_runtime` of the thread: the scheduler just read its clock and added to the thread's time on a CPU.
    case accounted
  }

  /// Why a thread left its CPU.
  enum Departure: Equatable {
    /// It could have gone on.
    case preempted
    /// It waits and a signal can wake it, as a halted vCPU does.
    case asleep
    /// It waits for something that no signal ends: a page, a lock.
    case waiting
  }

  /// Host TSC cycles.
  var tsc: UInt64
  var kind: Kind
  /// Guest RIP of an exit; 0 where it is not known.
  var rip: UInt64 = 0
  /// Elements of a string access; 0 where that has no meaning.
  var count: UInt32 = 0
}
