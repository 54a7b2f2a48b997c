import SortieAnalysis
import SortieTrace

/// Which events a dump shows: those that meet every condition that is set.
public struct DumpFilter: Sendable {
  /// Events of this VM.
  public var vm: UInt32?
  /// Events of the vCPUs with this index.
  public var vcpu: UInt32?
  /// Round trips of these kinds.
  public var reason: Reason?
  /// Events that begin at or after this time, seconds since the first event of the trace.
  public var from: Double?
  /// Events that begin before this time, seconds since the first event of the trace.
  public var to: Double?

  /// What round trips to show.
  public enum Reason: Sendable, Equatable {
    /// Of one `KVM_EXIT_*`.
    case number(UInt32)
    /// Caused by the guest.
    case heavy
    /// Caused from outside.
    case kick

    /// `heavy`, `kick`, a name with or without `KVM_EXIT_`, or a number; nil for anything else.
    public init?(_ text: String) {
      switch text {
      case "heavy": self = .heavy
      case "kick": self = .kick
      default:
        guard let number = KVMExitReason.number(named: text) else { return nil }
        self = .number(number)
      }
    }
  }

  /// A filter that lets everything pass.
  public init(
    vm: UInt32? = nil, vcpu: UInt32? = nil, reason: Reason? = nil, from: Double? = nil, to: Double? = nil
  ) {
    self.vm = vm
    self.vcpu = vcpu
    self.reason = reason
    self.from = from
    self.to = to
  }

  /// Whether events of a stream can pass; those of the kernel's streams are of any vCPU.
  func passes(_ stream: DumpStream) -> Bool {
    guard let description = stream.description else { return reason == nil }
    return (vm == nil || vm == description.vm) && (vcpu == nil || vcpu == description.vcpu)
      && (reason == nil || description.kind == .vmm)
  }

  /// The times that pass, host cycles; everything where the TSC frequency is unknown.
  func times(since start: UInt64, _ kilohertz: UInt64?) -> ClosedRange<UInt64> {
    guard let kilohertz, kilohertz > 0 else { return 0...UInt64.max }
    func cycles(_ seconds: Double) -> UInt64 {
      // What the product was rounded by is not to make the time of an event miss it.
      let product = max(0, seconds * Double(kilohertz) * 1000)
      let elapsed = max(0, product - 2 * product.ulp)
      let (time, overflow) = start.addingReportingOverflow(
        elapsed < 1e18 ? UInt64(elapsed.rounded(.up)) : .max / 2)
      return overflow ? .max : time
    }
    let first = from.map(cycles) ?? 0
    guard let to else { return first...UInt64.max }
    let last = cycles(to)
    return last > first ? first...(last - 1) : UInt64.max...UInt64.max
  }

  func passes(_ event: DumpEvent) -> Bool {
    if case .kernel(let event) = event {
      return (vm == nil || vm == event.vm) && (vcpu == nil || vcpu == event.vcpu)
    }
    guard let reason, case .roundTrip(let record) = event else { return true }
    let flags = record.flags
    let isGuests = !flags.contains(.kick) && !flags.contains(.firstEntry)
    switch reason {
    case .kick: return flags.contains(.kick)
    case .heavy: return isGuests && !flags.contains(.coalesced)
    case .number(let number): return isGuests && record.reason == number
    }
  }
}
