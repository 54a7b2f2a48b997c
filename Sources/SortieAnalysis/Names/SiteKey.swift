public import SortieTrace

/// What makes two round trips the same site: the access, not the instruction that made it.
public struct SiteKey: Hashable, Sendable {
  /// `KVM_EXIT_*`; ``RoundTripRecord/noReason`` for kicks and for sites folded together.
  public var reason: UInt32
  /// Port, guest physical address, MSR index, vector or hypercall number, by reason.
  public var address: UInt64
  /// Bytes of one access; 0 where it has no meaning.
  public var size: UInt8
  /// Index into the device table; ``RoundTripRecord/noDevice`` if no device was entered.
  public var device: UInt16
  /// The guest wrote.
  public var isWrite: Bool
  /// What kind of event the site gathers.
  public var kind: Kind

  /// What `address` says where nothing told it.
  static let unknownAddress = UInt64.max

  /// Kinds of events the VMM records.
  public enum Kind: UInt8, Sendable {
    /// A round trip that the guest caused.
    case exit
    /// A write that KVM batched in its coalesced ring.
    case coalesced
    /// A signal or an immediate exit.
    case kick
    /// Everything after the table of sites was full.
    case folded
  }

  /// The site of a round trip.
  public init(_ record: RoundTripRecord) {
    guard !record.isKick else {
      self = .kick
      return
    }
    reason = record.reason
    address = record.address
    size = record.size
    device = record.device
    isWrite = record.flags.contains(.write)
    kind = record.flags.contains(.coalesced) ? .coalesced : .exit
  }

  private init(kind: Kind) {
    reason = RoundTripRecord.noReason
    address = 0
    size = 0
    device = RoundTripRecord.noDevice
    isWrite = false
    self.kind = kind
  }

  /// Kicks are one site, whatever stale reason stood in the run page.
  static let kick = SiteKey(kind: .kick)
  /// Where round trips go once the table of sites is full.
  static let folded = SiteKey(kind: .folded)

  /// KVM's name of the reason (`KVM_EXIT_IO`), `kick`, or `other` for sites folded together.
  public var reasonName: String {
    switch kind {
    case .kick: "kick"
    case .folded: "other"
    case .exit, .coalesced: KVMExitReason.name(of: reason)
    }
  }

  /// The site in words: `pio write 0x3f8/1`, `mmio read 0xd0000000/4`, `msr read IA32_TSC`, `hlt`.
  public var label: String {
    switch kind {
    case .kick: return "kick"
    case .folded: return "other sites"
    case .coalesced: return access + " coalesced"
    case .exit: return access
    }
  }

  private var register: String { UInt32(exactly: address).map(MSRName.text) ?? hexadecimal(address) }

  private var access: String {
    let direction = isWrite ? "write" : "read"
    guard address != Self.unknownAddress else {
      return reason == KVMExitReason.io
        ? "pio" : KVMExitReason.suffix(of: reason).map(Self.words) ?? reasonName
    }
    switch reason {
    case KVMExitReason.io: return "pio \(direction) \(hexadecimal(address))/\(size)"
    case KVMExitReason.mmio: return "mmio \(direction) \(hexadecimal(address))/\(size)"
    case KVMExitReason.readMSR: return "msr read \(register)"
    case KVMExitReason.writeMSR: return "msr write \(register)"
    case KVMExitReason.ioapicEOI: return "ioapic eoi vector \(hexadecimal(address))"
    case KVMExitReason.hypercall: return "hypercall \(HypercallName.text(of: address))"
    default:
      return KVMExitReason.suffix(of: reason).map(Self.words) ?? KVMExitReason.name(of: reason)
    }
  }

  private static func words(_ suffix: String) -> String {
    suffix.lowercased().split(separator: "_").joined(separator: " ")
  }
}

extension RoundTripRecord {
  /// Brought back from outside. What a coalesced ring held is the guest's, even if a kick flushed it.
  var isKick: Bool { flags.contains(.kick) && !flags.contains(.coalesced) }
}

/// `0x` and the value in lower-case hexadecimal digits.
public func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
