/// One return of `KVM_RUN` as the VMM saw it: the fixed-size record a vCPU thread writes into its ring.
///
/// 64 bytes, trivially copyable. Stamps are host TSC cycles; 0 means the stamp was not taken (DESIGN: absent, never
/// guessed). The first entry of a vCPU is a record of its own with only `u1`; the last round trip has no `u1`.
public struct RoundTripRecord: BitwiseCopyable, Sendable, Equatable {
  /// `KVM_RUN` returned.
  public var u0: UInt64
  /// The device model was entered; 0 when none was.
  public var d0: UInt64
  /// The device model was left; 0 when none was entered.
  public var d1: UInt64
  /// Just before the next `KVM_RUN`; 0 when there was none.
  public var u1: UInt64
  /// Guest RIP at the exit, of which ``Flags`` say what it points at.
  public var rip: UInt64
  /// Port, guest physical address, MSR index or hypercall number, by reason.
  public var address: UInt64
  /// `KVM_EXIT_*`; ``noReason`` where the run page holds none (first entry, kick).
  public var reason: UInt32
  /// Elements of a string instruction handed over in this round trip; 1 for a single access, 0 where it has no meaning.
  public var count: UInt32
  /// Physical CPU at `u0`; ``noCPU`` if unknown.
  public var physicalCPU: UInt16
  /// errno of `KVM_RUN`, 0 on success.
  public var errno: UInt16
  /// Index into the trace's device table; ``noDevice`` if no device was entered.
  public var device: UInt16
  /// Bytes of one access; 0 where it has no meaning.
  public var size: UInt8
  /// Direction, RIP kind, kick.
  public var flags: Flags

  /// What `reason` says when `KVM_RUN` reported none.
  public static let noReason = UInt32.max
  /// What `reason` says, when reading, where the part of the site dictionary that named it was lost with the file.
  public static let lostReason = UInt32.max - 1
  /// What `physicalCPU` says when it is unknown.
  public static let noCPU = UInt16.max
  /// What `device` says when no device was entered.
  public static let noDevice = UInt16.max

  /// One-bit facts of a round trip.
  public struct Flags: OptionSet, BitwiseCopyable, Sendable, Hashable {
    /// The bits as they stand in the record and in the file.
    public let rawValue: UInt8

    /// Flags from their bits.
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The guest wrote (OUT, MMIO write, WRMSR); clear: it read.
    @inlinable public static var write: Flags { Flags(rawValue: 1 << 0) }
    /// RIP points at the instruction that exited.
    @inlinable public static var ripIsCurrent: Flags { Flags(rawValue: 1 << 1) }
    /// RIP points behind the instruction that exited.
    @inlinable public static var ripIsNext: Flags { Flags(rawValue: 1 << 2) }
    /// A signal or an immediate exit brought the vCPU back, not the guest.
    @inlinable public static var kick: Flags { Flags(rawValue: 1 << 3) }
    /// The first entry: no exit precedes it.
    @inlinable public static var firstEntry: Flags { Flags(rawValue: 1 << 4) }
    /// Taken from a coalesced ring: it has no round trip of its own and shares the stamps of the exit that flushed it.
    @inlinable public static var coalesced: Flags { Flags(rawValue: 1 << 5) }
  }

  /// A record with the given fields; see the properties for units and for what 0 means.
  public init(
    u0: UInt64 = 0, d0: UInt64 = 0, d1: UInt64 = 0, u1: UInt64 = 0, rip: UInt64 = 0, address: UInt64 = 0,
    reason: UInt32 = noReason, count: UInt32 = 0, physicalCPU: UInt16 = noCPU, errno: UInt16 = 0,
    device: UInt16 = noDevice, size: UInt8 = 0, flags: Flags = []
  ) {
    self.u0 = u0
    self.d0 = d0
    self.d1 = d1
    self.u1 = u1
    self.rip = rip
    self.address = address
    self.reason = reason
    self.count = count
    self.physicalCPU = physicalCPU
    self.errno = errno
    self.device = device
    self.size = size
    self.flags = flags
  }
}
