internal import SortieKVM

/// KVM's paravirtual features as a guest sees them in CPUID leaf 0x40000001 (Documentation/virt/kvm/x86/cpuid.rst).
public struct ParavirtualFeatures: OptionSet, Sendable {
  /// The leaf's EAX.
  public let rawValue: UInt32
  /// Features from their bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// All that the host's KVM offers.
  public static let all = ParavirtualFeatures(rawValue: .max)

  /// The features by their names here; `kvmclock` is both of its MSRs' versions and their being stable.
  public static let names: [(name: String, features: ParavirtualFeatures)] = [
    ("kvmclock", ParavirtualFeatures(rawValue: 1 << 0 | 1 << 3 | 1 << 24)),
    ("nop-io-delay", ParavirtualFeatures(rawValue: 1 << 1)),
    ("async-pf", ParavirtualFeatures(rawValue: 1 << 4 | 1 << 10 | 1 << 14)),
    ("steal-time", ParavirtualFeatures(rawValue: 1 << 5)),
    ("pv-eoi", ParavirtualFeatures(rawValue: 1 << 6)),
    ("pv-unhalt", ParavirtualFeatures(rawValue: 1 << 7)),
    ("pv-tlb-flush", ParavirtualFeatures(rawValue: 1 << 9)),
    ("pv-send-ipi", ParavirtualFeatures(rawValue: 1 << 11)),
    ("poll-control", ParavirtualFeatures(rawValue: 1 << 12)),
    ("pv-sched-yield", ParavirtualFeatures(rawValue: 1 << 13)),
    ("msi-ext-dest-id", ParavirtualFeatures(rawValue: 1 << 15)),
  ]

  /// The features that `text` names: `on`, `off` or a list of names.
  ///
  /// - Throws: ``MachineError/configuration(_:value:allowed:)``.
  public init(_ text: String) throws(MachineError) {
    switch text {
    case "on": self = .all
    case "off": self = []
    default:
      self = []
      for name in text.split(separator: ",", omittingEmptySubsequences: false) {
        guard let known = Self.names.first(where: { $0.name == name }) else {
          throw .configuration(
            "--paravirt", value: text,
            allowed: "on, off, or names of " + Self.names.map(\.name).joined(separator: ", "))
        }
        insert(known.features)
      }
    }
  }
}

extension CPUIDTable {
  private static let signatureLeaf: UInt32 = 0x4000_0000
  private static let featureLeaf: UInt32 = 0x4000_0001
  private static let hypervisor: UInt32 = 1 << 31

  /// This table with no more of KVM's paravirtual features than `features`; without any, KVM does not show at all. Guests
  /// only look for a hypervisor where bit 31 of leaf 1's ECX says that there is one, which KVM leaves to the VMM.
  func offering(_ features: ParavirtualFeatures) -> CPUIDTable {
    var table = self
    if features.isEmpty {
      table.entries.removeAll { $0.function == Self.signatureLeaf || $0.function == Self.featureLeaf }
    }
    for index in table.entries.indices {
      switch table.entries[index].function {
      case 1:
        table.entries[index].ecx &= ~Self.hypervisor
        if !features.isEmpty { table.entries[index].ecx |= Self.hypervisor }
      case Self.featureLeaf: table.entries[index].eax &= features.rawValue
      default: break
      }
    }
    return table
  }

  /// This table for one package of `count` cores with a thread each, whatever the host's processor is made of.
  ///
  /// Sources: AMD64 Architecture Programmer's Manual volume 3, appendix E (leaves 1, 0x80000008, 0x8000001d,
  /// 0x8000001e); Intel SDM volume 2, CPUID (leaves 4, 0xb, 0x1f).
  func forCores(_ count: Int) -> CPUIDTable {
    var table = self
    let count = UInt32(count)
    /// Bits that number the cores.
    let width = UInt32(UInt32.bitWidth - (count - 1).leadingZeroBitCount)
    for index in table.entries.indices {
      switch table.entries[index].function {
      case 1:
        table.entries[index].ebx = table.entries[index].ebx & 0xff00_ffff | (count & 0xff) << 16
        // HTT: the field before is valid.
        let several: UInt32 = 1 << 28
        if count > 1 { table.entries[index].edx |= several } else { table.entries[index].edx &= ~several }
      case 4:
        // Cores of the package, and threads that share a cache: one for the first two levels, all for the third.
        let level = table.entries[index].eax >> 5 & 7
        table.entries[index].eax =
          table.entries[index].eax & 0x3fff | ((1 << width) - 1) << 26
          | (level >= 3 ? (count - 1) << 14 : 0)
      case 0xb, 0x1f:
        let level = table.entries[index].index
        table.entries[index].eax = level == 0 ? 0 : level == 1 ? width : 0
        table.entries[index].ebx = level == 0 ? 1 : level == 1 ? count : 0
        table.entries[index].ecx = level | (level == 0 ? 1 << 8 : level == 1 ? 2 << 8 : 0)
      case 0x8000_0008:
        table.entries[index].ecx = table.entries[index].ecx & 0xffff_0f00 | (count - 1) | width << 12
      case 0x8000_001d:
        let level = table.entries[index].eax >> 5 & 7
        table.entries[index].eax =
          table.entries[index].eax & ~(0xfff << 14) | (level >= 3 ? (count - 1) << 14 : 0)
      case 0x8000_001e:
        // Core ID, of one thread; node 0 of one.
        table.entries[index].ebx = 0
        table.entries[index].ecx = 0
      default: break
      }
    }
    return table
  }
}
