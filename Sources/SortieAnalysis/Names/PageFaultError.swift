/// A page fault's error code in words: of `#PF`, of `SVM_EXIT_NPF` (AMD APM volume 2, section 15.25.6) and of
/// `kvm_page_fault` (`PFERR_*` in `arch/x86/include/asm/kvm_host.h`, Linux 6.18).
enum PageFaultError {
  /// Bit 3: a reserved bit was set; KVM marks pages without memory behind them so.
  static let reserved: UInt64 = 1 << 3

  /// What tells two nested page faults apart.
  ///
  /// Not bit 2: the processor takes every access at the nested level for a user's. Not bit 32, which is set where bit
  /// 33, the walk of the guest's tables, is not.
  static func nested(_ code: UInt64) -> UInt64 { code & ~(1 << 2 | 1 << 32) }

  /// `write, not present, user`; bits without a name as a number.
  static func text(_ code: UInt64) -> String {
    let access = code & 1 << 4 != 0 ? "fetch" : code & 1 << 1 != 0 ? "write" : "read"
    var words = [access, code & 1 != 0 ? "present" : "not present"]
    var rest = code & ~(1 | 1 << 1 | 1 << 4)
    // Both at once is nothing a processor does; nothing may be hidden.
    if code & 0x12 == 0x12 { words.append("write") }
    for (bit, name) in names where rest & 1 << bit != 0 {
      words.append(name)
      rest &= ~(1 << bit)
    }
    if rest != 0 { words.append("bits \(hexadecimal(rest))") }
    return words.joined(separator: ", ")
  }

  private static let names: [(bit: UInt64, name: String)] = [
    (2, "user"), (3, "reserved bit"), (5, "protection key"), (6, "shadow stack"), (15, "SGX"),
    (31, "RMP"), (32, "final address"), (33, "page-table walk"), (34, "encrypted"), (35, "size mismatch"),
    (36, "VMPL"), (37, "supervisor shadow stack"), (48, "implicit"), (49, "private"),
  ]
}
