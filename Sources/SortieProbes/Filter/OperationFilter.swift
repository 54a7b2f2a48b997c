/// Which operations of vCPU threads are kept while recording: those that meet every kind of condition that is set.
///
/// An operation is all that happens on the thread from one entry of the guest to the next; where the kernel reports
/// neither entries nor exits, from one return out of user space to the next.
public struct OperationFilter: Sendable, Equatable {
  /// The reason of a `kvm_exit`.
  public struct HardwareReason: Hashable, Sendable {
    /// 1 VMX, 2 SVM.
    public var isa: UInt8
    /// The processor's number; of VMX the basic reason.
    public var number: UInt32

    /// A reason.
    public init(isa: UInt8, number: UInt32) {
      self.isa = isa
      self.number = number
    }
  }

  /// Exits of one of these, or round trips of one of ``roundTripReasons``; both empty: of any reason.
  public var hardwareReasons: Set<HardwareReason> = []
  /// `KVM_EXIT_*` of round trips.
  public var roundTripReasons: Set<UInt32> = []
  /// Accesses to one of these ports, or to ``memory``; both empty: whatever they are about.
  public var ports: [ClosedRange<UInt16>] = []
  /// Accesses to these guest physical addresses, and faults on them.
  public var memory: [ClosedRange<UInt64>] = []
  /// Cycles that an operation takes at least, from `kvm_exit` to `kvm_entry`; where the kernel reports neither, from
  /// leaving for user space to being back.
  public var leastCycles: UInt64 = 0

  /// A filter that keeps everything.
  public init() {}

  /// Whether it keeps everything.
  public var isEmpty: Bool { !wantsReason && !wantsPlace && leastCycles == 0 }

  var wantsReason: Bool { !hardwareReasons.isEmpty || !roundTripReasons.isEmpty }
  var wantsPlace: Bool { !ports.isEmpty || !memory.isEmpty }

  func hasReason(isa: UInt64, number: UInt64) -> Bool {
    // Above VMX's basic reason stand flags (Intel SDM volume 3, section 25.9.1).
    hardwareReasons.contains(
      HardwareReason(
        isa: UInt8(truncatingIfNeeded: isa),
        number: UInt32(truncatingIfNeeded: isa == 1 ? number & 0xffff : number)))
  }

  /// Whether an access of `size` bytes at `port` is one of those.
  func hasPort(_ port: UInt64, size: UInt64) -> Bool {
    let last = port &+ max(size, 1) &- 1
    return ports.contains { port <= UInt64($0.upperBound) && last >= UInt64($0.lowerBound) }
  }

  /// Whether an access of `size` bytes at `address` is one of those.
  func hasMemory(_ address: UInt64, size: UInt64) -> Bool {
    let (last, overflow) = address.addingReportingOverflow(max(size, 1) - 1)
    return memory.contains { address <= $0.upperBound && (overflow ? .max : last) >= $0.lowerBound }
  }
}
