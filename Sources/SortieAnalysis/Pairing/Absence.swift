/// A time for which a thread was off its CPU.
struct Absence {
  /// Why.
  enum Kind {
    /// It was halted.
    case halt
    /// Another thread ran instead.
    case preemption
    /// It waited for something else.
    case wait
    /// It was woken and waited for the CPU.
    case queue
  }

  var start: UInt64
  var kind: Kind
  /// The thread that ran then.
  var next: UInt32
  var end: UInt64 = 0

  /// Its length, cycles.
  var length: UInt64 { end - start }
}

/// Absences that were no halts, summed.
struct AbsenceTally {
  /// Preempted, cycles.
  private(set) var preempted: UInt64 = 0
  /// Waiting for something, cycles.
  private(set) var waited: UInt64 = 0
  /// Waiting for the CPU after a wake-up, cycles.
  private(set) var queued: UInt64 = 0
  /// The longest preemption, cycles, and the thread that ran then.
  private(set) var longest: UInt64 = 0
  private(set) var preemptor: UInt32?

  /// All of it, cycles.
  var offCPU: UInt64 { preempted &+ waited &+ queued }

  mutating func add(_ absence: Absence) { add(absence.kind, absence.length, absence.next) }

  /// Adds an absence of so many cycles.
  mutating func add(_ kind: Absence.Kind, _ length: UInt64, _ next: UInt32) {
    switch kind {
    case .halt: break
    case .wait: waited &+= length
    case .queue: queued &+= length
    case .preemption:
      preempted &+= length
      guard length > longest else { break }
      longest = length
      preemptor = next
    }
  }

  mutating func add(_ other: AbsenceTally) {
    preempted &+= other.preempted
    waited &+= other.waited
    queued &+= other.queued
    guard other.longest > longest else { return }
    longest = other.longest
    preemptor = other.preemptor
  }
}
