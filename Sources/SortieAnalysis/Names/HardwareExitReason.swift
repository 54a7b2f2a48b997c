/// Why the processor left the guest: the reason of a `kvm_exit` event, whose numbers each vendor has of its own.
public struct HardwareExitReason: Hashable, Sendable {
  /// 1 VMX, 2 SVM (`KVM_ISA_VMX`, `KVM_ISA_SVM` of `arch/x86/kvm/trace.h`); 0 where the event does not say.
  public var isa: UInt8
  /// The number.
  public var number: UInt32

  /// A reason as the event states it.
  public init(isa: UInt8, number: UInt32) {
    self.isa = isa
    self.number = number
  }

  /// The vendor's name (`SVM_EXIT_NPF`, `EXIT_REASON_EPT_VIOLATION`); nil for a number without one.
  public var knownName: String? {
    switch isa {
    case 1: VMXExitReason.name(of: number)
    case 2: SVMExitCode.name(of: number)
    default: nil
    }
  }

  /// The vendor's name; `unknown SVM 0x9f0` for a number without one.
  public var name: String {
    if let knownName { return knownName }
    let vendor =
      switch isa {
      case 1: "VMX "
      case 2: "SVM "
      default: ""
      }
    return "unknown \(vendor)\(hexadecimal(UInt64(number)))"
  }

  /// The reasons called `name`, of either vendor: the vendor's name or what is behind its prefix, in any case, with `_`, `-`
  /// or a space between words.
  public static func named(_ name: String) -> [HardwareExitReason] {
    let wanted = canonical(name)
    guard !wanted.isEmpty else { return [] }
    return all.filter { reason in
      guard let known = reason.knownName else { return false }
      return canonical(known) == wanted || canonical(reason.label) == wanted
    }
  }

  /// All that have a name, without flags.
  private static let all =
    VMXExitReason.numbers.map { HardwareExitReason(isa: 1, number: $0) }
    + SVMExitCode.numbers.map { HardwareExitReason(isa: 2, number: $0) }

  /// A name in upper case with `_` between words.
  static func canonical(_ name: String) -> String {
    String(name.uppercased().map { $0 == " " || $0 == "-" ? "_" : $0 })
  }

  /// The reason in words: `vmmcall`, `ept violation`.
  public var label: String {
    guard let name = knownName else { return name }
    for prefix in ["EXIT_REASON_", "SVM_EXIT_", "SVM_VMGEXIT_"] where name.hasPrefix(prefix) {
      return name.dropFirst(prefix.count).lowercased().split(separator: "_").joined(separator: " ")
    }
    return name
  }

  /// An interrupt of the host brought the processor back.
  var isHostInterrupt: Bool {
    isa == 1 && number == VMXExitReason.externalInterrupt || isa == 2 && number == SVMExitCode.interrupt
  }

  /// The guest touched memory that its tables of the second level do not map as it wanted.
  var isPageFault: Bool {
    isa == 1 && number == VMXExitReason.eptViolation || isa == 2 && number == SVMExitCode.nestedPageFault
  }
}
