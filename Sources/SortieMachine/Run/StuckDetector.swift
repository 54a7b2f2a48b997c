internal import SortieKVM

/// Recognises a vCPU that makes no progress on an instruction which this KVM cannot execute.
///
/// KVM patches a hypercall of the other vendor and executes it again; where that cannot work it loops inside
/// `KVM_RUN` for ever. A busy loop of the guest looks alike from outside but is legitimate. So: kicked several times
/// in a row without an exit between, each time the same RIP *and* the same general registers, and the bytes there are
/// an instruction known for this.
struct StuckDetector {
  /// What is looked at on a kick.
  struct Sample: Equatable {
    /// The general registers, RIP among them.
    var registers: Registers
    /// Round trips before the kick.
    var roundTrips: UInt64
  }

  /// Kicks in a row that must look the same.
  static let kicks = 5

  private var last: Sample?
  private var same = 0

  /// Notes the state at a kick; true when the vCPU is stuck at one place.
  mutating func note(_ sample: Sample) -> Bool {
    same = sample == last ? same + 1 : 1
    last = sample
    return same >= Self.kicks
  }
}
