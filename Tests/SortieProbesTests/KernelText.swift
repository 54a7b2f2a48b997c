import SortieTrace

@testable import SortieProbes

/// Renders a decoded row as the kernel does (the `print fmt` of the formats), so that the two can be compared.
enum KernelText {
  /// The text of `row`; what the trace keeps nothing of is taken over from `original`.
  static func of(_ row: DecodedRow, _ event: String, _ original: String) -> String {
    func value(_ id: ColumnID) -> UInt64 { row[id] ?? 0xdead }
    func hex(_ id: ColumnID, width: Int = 0) -> String {
      let digits = String(value(id), radix: 16)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    func signed(_ id: ColumnID) -> Int64 { Int64(bitPattern: value(id)) }
    let flags = value(.flags)
    let write = flags & 1 != 0 ? "write" : "read"
    let text: String
    switch event {
    case "kvm_exit":
      let interrupts =
        "intr_info 0x\(hex(.interruptInfo, width: 8)) error_code 0x\(hex(.errorCode, width: 8))"
      text =
        "vcpu \(value(.vcpu)) reason \(reason(value(.reason))) rip 0x\(hex(.rip)) info1 0x\(hex(.info1, width: 16)) "
        + "info2 0x\(hex(.info2, width: 16)) \(interrupts)"
        + (row[.requests] == nil ? "" : " requests 0x\(hex(.requests, width: 16))")
    case "kvm_entry": text = "vcpu \(value(.vcpu)), rip 0x\(hex(.rip))"
    case "kvm_userspace_exit":
      text = "reason \(value(.reason) == 2 ? "KVM_EXIT_IO" : "KVM_EXIT_MMIO") (\(value(.reason)))"
    case "kvm_fpu": text = flags & 1 != 0 ? "load" : "unload"
    case "kvm_pio":
      text =
        "pio_\(write) at 0x\(hex(.address)) size \(value(.size)) count \(value(.count)) val 0x\(hex(.number)) "
    case "kvm_mmio":
      let kind = flags & 1 != 0 ? "write" : flags & 2 != 0 ? "unsatisfied-read" : "read"
      text = "mmio \(kind) len \(value(.size)) gpa 0x\(hex(.address)) val 0x\(hex(.number))"
    case "kvm_msr":
      text = "msr_\(write) \(hex(.address)) = 0x\(hex(.number))\(flags & 2 != 0 ? " (#GP)" : "")"
    case "kvm_apic": text = "apic_\(write) \(register(value(.address))) = 0x\(hex(.number))"
    case "kvm_cpuid":
      // The registers it answers with are not recorded.
      let answer = original.firstRange(of: " rax ").map { original[$0.lowerBound...] } ?? ""
      text =
        "func \(hex(.address)) idx \(hex(.number))" + (answer.prefix { $0 != "," })
        + ", cpuid entry \(flags & 2 != 0 ? "found" : "not found")\(flags & 4 != 0 ? ", used max basic" : "")"
    case "kvm_page_fault":
      text =
        "vcpu \(value(.vcpu)) rip 0x\(hex(.rip)) address 0x\(hex(.address, width: 16)) error_code 0x\(hex(.errorCode))"
    case "kvm_eoi": text = "apicid \(hex(.apicID)) vector \(signed(.address))"
    case "kvm_inj_virq":
      text =
        "\(flags & 2 != 0 ? "Soft/INTn" : "IRQ") 0x\(hex(.address))\(flags & 4 != 0 ? " [reinjected]" : "")"
    case "kvm_emulate_insn":
      let bytes = (0..<value(.size)).map { index in
        let byte = (index < 8 ? value(.info1) >> (8 * index) : value(.info2) >> (8 * (index - 8))) & 0xff
        return (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
      text =
        "\(hex(.address)):\(hex(.rip)):\(bytes.joined(separator: " ")) (\(value(.number) == 9 ? "prot64" : "?"))"
        + (flags & 2 != 0 ? " failed" : "")
    case "sched_switch": text = schedulerText(row, original)
    default: text = "not rendered"
    }
    return "\(event): \(text)"
  }

  /// Names stand in the trace's table of threads, and states as numbers: both are taken from the original.
  private static func schedulerText(_ row: DecodedRow, _ original: String) -> String {
    func value(_ id: ColumnID) -> UInt64 { row[id] ?? 0xdead }
    guard
      let parts = original.firstMatch(
        of: #/prev_comm=(.*) prev_pid=.* prev_state=(\S+) ==> next_comm=(.*) next_pid/#)
    else { return "not a switch" }
    let state = value(.threadState)
    let letters: [(UInt64, Character)] = [
      (1, "S"), (2, "D"), (4, "T"), (8, "t"), (16, "X"), (32, "Z"), (64, "P"), (128, "I"),
    ]
    let names = letters.filter { state & $0.0 != 0 }.map { String($0.1) }.joined(separator: "|")
    let text = (names.isEmpty ? "R" : names) + (state & 0x100 != 0 ? "+" : "")
    return
      "prev_comm=\(parts.1) prev_pid=\(value(.thread)) prev_prio=\(value(.priority)) prev_state=\(text) ==> "
      + "next_comm=\(parts.3) next_pid=\(value(.nextThread)) next_prio=\(value(.nextPriority))"
  }

  /// SVM exit codes of the recorded sub-buffers (arch/x86/include/uapi/asm/svm.h).
  private static func reason(_ code: UInt64) -> String {
    switch code {
    case 0x60: "interrupt"
    case 0x72: "cpuid"
    case 0x7b: "io"
    case 0x7c: "msr"
    case 0x400: "npf"
    default: "0x\(String(code, radix: 16))"
    }
  }

  private static func register(_ offset: UInt64) -> String {
    switch offset {
    case 0xb0: "APIC_EOI"
    case 0xf0: "APIC_SPIV"
    case 0x300: "APIC_ICR"
    case 0x3f0: "APIC_SELF_IPI"
    default: "\(offset)"
    }
  }
}
