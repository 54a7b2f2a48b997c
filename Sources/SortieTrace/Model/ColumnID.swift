/// The meaning of a column. The numbers are part of the file format: they are only ever added to.
///
/// A reader meets numbers it does not know (a later minor version) and skips them.
public struct ColumnID: RawRepresentable, Hashable, Sendable {
  /// The number as it stands in the file.
  public let rawValue: UInt16

  /// The column with this number.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  // Stamps, cycles of the stream's clock.

  /// `KVM_RUN` returned.
  public static let u0 = ColumnID(rawValue: 1)
  /// Device model entered.
  public static let d0 = ColumnID(rawValue: 2)
  /// Device model left.
  public static let d1 = ColumnID(rawValue: 3)
  /// Just before `KVM_RUN`.
  public static let u1 = ColumnID(rawValue: 4)
  /// Before the operation, guest TSC.
  public static let g0 = ColumnID(rawValue: 5)
  /// After the operation, guest TSC.
  public static let g1 = ColumnID(rawValue: 6)
  /// The event's own stamp, where it has just one (kernel, scheduler, marks).
  public static let tsc = ColumnID(rawValue: 7)
  /// End of the range a row speaks of.
  public static let lastTSC = ColumnID(rawValue: 8)

  // What happened.

  /// Index into the site dictionary.
  public static let site = ColumnID(rawValue: 16)
  /// `KVM_EXIT_*` for the `vmm` stream, the hardware reason for `kernel`.
  public static let reason = ColumnID(rawValue: 17)
  /// Port, GPA, MSR index or hypercall number.
  public static let address = ColumnID(rawValue: 18)
  /// Bytes of one access.
  public static let size = ColumnID(rawValue: 19)
  /// ``RoundTripRecord/Flags``.
  public static let flags = ColumnID(rawValue: 20)
  /// Elements of a string instruction in this round trip; rows of a histogram bucket; events of a loss.
  public static let count = ColumnID(rawValue: 21)
  /// Index into the device table.
  public static let device = ColumnID(rawValue: 22)
  /// Guest RIP.
  public static let rip = ColumnID(rawValue: 23)
  /// What RIP points at: 0 unknown, 1 this instruction, 2 the next.
  public static let ripKind = ColumnID(rawValue: 24)
  /// errno of `KVM_RUN`.
  public static let errno = ColumnID(rawValue: 25)
  /// Physical CPU.
  public static let physicalCPU = ColumnID(rawValue: 26)
  /// Index of a round trip within its episode.
  public static let roundTripIndex = ColumnID(rawValue: 27)
  /// How many events this one stands for (sampling); absent: 1.
  public static let weight = ColumnID(rawValue: 28)
  /// Kernel event id, as its `format` file names it.
  public static let kernelEvent = ColumnID(rawValue: 29)
  /// Thread (kernel id).
  public static let thread = ColumnID(rawValue: 30)
  /// vCPU index within its VM.
  public static let vcpu = ColumnID(rawValue: 31)
  /// VM index.
  public static let vm = ColumnID(rawValue: 32)
  /// Host index.
  public static let host = ColumnID(rawValue: 33)
  /// Payload of an event whose fields have no columns of their own: bytes as the kernel wrote them.
  public static let raw = ColumnID(rawValue: 34)
  /// Thread (kernel id) that runs from now on.
  public static let nextThread = ColumnID(rawValue: 35)
  /// State in which `thread` leaves its CPU: 0 it could have gone on, else bits of the kernel's task states.
  public static let threadState = ColumnID(rawValue: 36)
  /// Kernel priority of `thread`; less is more urgent.
  public static let priority = ColumnID(rawValue: 37)
  /// Kernel priority of `nextThread`.
  public static let nextPriority = ColumnID(rawValue: 38)
  /// What `number` was before.
  public static let previous = ColumnID(rawValue: 39)

  // The processor's own account of an exit.

  /// 1 VMX, 2 SVM.
  public static let isa = ColumnID(rawValue: 48)
  /// `info1` of `kvm_exit` (VMX exit qualification, SVM EXITINFO1).
  public static let info1 = ColumnID(rawValue: 49)
  /// `info2` of `kvm_exit`.
  public static let info2 = ColumnID(rawValue: 50)
  /// `intr_info` of `kvm_exit`.
  public static let interruptInfo = ColumnID(rawValue: 51)
  /// `error_code` of `kvm_exit`.
  public static let errorCode = ColumnID(rawValue: 52)
  /// 0: L1, the guest; 1: L2, a guest's guest.
  public static let nestedLevel = ColumnID(rawValue: 53)
  /// 1 in system management mode.
  public static let smm = ColumnID(rawValue: 54)
  /// Current privilege level.
  public static let cpl = ColumnID(rawValue: 55)
  /// CR3 of the guest.
  public static let cr3 = ColumnID(rawValue: 56)
  /// Address space id.
  public static let asid = ColumnID(rawValue: 57)
  /// Requests that were pending for the vCPU, `KVM_REQ_*` as bits.
  public static let requests = ColumnID(rawValue: 58)

  // Tables.

  /// Name of an attribute, a device, an event, a symbol, a statistic, a stream or a mark.
  public static let name = ColumnID(rawValue: 80)
  /// Text value of an attribute.
  public static let value = ColumnID(rawValue: 81)
  /// A stream's number.
  public static let stream = ColumnID(rawValue: 82)
  /// A ``StreamKind``.
  public static let streamKind = ColumnID(rawValue: 83)
  /// A ``StreamClock``.
  public static let clock = ColumnID(rawValue: 84)
  /// Guest TSC minus host TSC, cycles (two's complement).
  public static let tscOffset = ColumnID(rawValue: 85)
  /// Guest TSC frequency over host frequency, fixed point.
  public static let tscScaling = ColumnID(rawValue: 86)
  /// Fraction bits of `tscScaling`.
  public static let tscScalingBits = ColumnID(rawValue: 87)
  /// CLOCK_MONOTONIC, ns.
  public static let monotonic = ColumnID(rawValue: 88)
  /// CLOCK_REALTIME, ns since 1970.
  public static let realtime = ColumnID(rawValue: 89)
  /// Address space of a device: 0 port, 1 memory.
  public static let addressSpace = ColumnID(rawValue: 90)
  /// Bytes of a device range, a symbol or a region.
  public static let length = ColumnID(rawValue: 91)
  /// Why events were lost: a ``LossCause``.
  public static let cause = ColumnID(rawValue: 92)
  /// Kind of a KVM statistic: type and unit bits of `kvm_stats_desc.flags`.
  public static let statisticFlags = ColumnID(rawValue: 93)
  /// Power by which a statistic's unit is scaled (`kvm_stats_desc.exponent`, two's complement).
  public static let exponent = ColumnID(rawValue: 94)
  /// Bucket of a histogram statistic.
  public static let bucket = ColumnID(rawValue: 95)
  /// Bytes (linear) or 0 (logarithmic) of a histogram statistic's bucket.
  public static let bucketSize = ColumnID(rawValue: 96)
  /// Numeric value of a statistic, of a probe's cost, of a symbol's address.
  public static let number = ColumnID(rawValue: 97)
  /// Local APIC id.
  public static let apicID = ColumnID(rawValue: 98)
  /// Least value of an aggregate-histogram bucket, cycles.
  public static let lowest = ColumnID(rawValue: 99)
  /// Greatest value of an aggregate-histogram bucket, cycles.
  public static let highest = ColumnID(rawValue: 100)
  /// Row of the table of what histograms and sums are of.
  public static let aggregateSite = ColumnID(rawValue: 102)
  /// An ``AggregateSiteRow/Population``.
  public static let population = ColumnID(rawValue: 103)

  // The footer's block index.

  /// Offset of a block in the file, bytes.
  public static let blockOffset = ColumnID(rawValue: 112)
  /// A ``BlockType``.
  public static let blockType = ColumnID(rawValue: 113)
  /// Row of the block index that a row of the site counts belongs to.
  public static let block = ColumnID(rawValue: 114)
}
