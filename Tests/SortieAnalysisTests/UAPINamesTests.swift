import Glibc
import Testing

@testable import SortieAnalysis

/// The tables of names against the kernel's headers for user space on this machine (`linux-libc-dev`): all that stands
/// there is here, under the same number.
@Suite struct UAPINamesTests {
  /// Names and numbers that a header defines, where the number is a plain one.
  struct Header {
    var numbers: [String: UInt64] = [:]

    /// The header found first; nil where the machine has none.
    init?(_ name: String) {
      let places = ["/usr/include/x86_64-linux-gnu/", "/usr/include/"]
      guard let text = places.lazy.compactMap({ Self.contents($0 + name) }).first else { return nil }
      for line in text.split(separator: "\n") {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        guard words.count >= 3, words[0] == "#define", let number = Self.number(words[2]) else { continue }
        numbers[words[1]] = number
      }
    }

    private static func contents(_ path: String) -> String? {
      guard let file = fopen(path, "r") else { return nil }
      defer { fclose(file) }
      var bytes: [UInt8] = []
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
      return String(decoding: bytes, as: UTF8.self)
    }

    private static func number(_ word: String) -> UInt64? {
      let lower = word.lowercased()
      if lower.hasPrefix("0x") { return UInt64(lower.dropFirst(2).prefix { $0.isHexDigit }, radix: 16) }
      return UInt64(lower)
    }

    func named(_ prefix: String) -> [(name: String, number: UInt64)] {
      numbers.filter { $0.key.hasPrefix(prefix) }.map { ($0.key, $0.value) }
    }
  }

  private static func has(_ header: String) -> Bool { Header(header) != nil }

  @Test(.enabled(if: has("asm/svm.h"), "needs asm/svm.h: linux-libc-dev"))
  func everySVMExitCodeOfTheHeaderHasItsName() throws {
    let header = try #require(Header("asm/svm.h"))
    // Below the codes of VMGEXIT stand operands of theirs.
    let codes =
      header.named("SVM_EXIT_") + header.named("SVM_VMGEXIT_").filter { $0.number >= 0x8000_0000 }
    #expect(codes.count > 90)
    for (name, number) in codes {
      let found = SVMExitCode.name(of: UInt32(truncatingIfNeeded: number))
      switch name {
      case "SVM_EXIT_EXCP_BASE": #expect(found == "SVM_EXIT_EXCP_BASE+0")
      case "SVM_EXIT_LAST_EXCP": #expect(found == "SVM_EXIT_EXCP_BASE+31")
      default: #expect(found == name, "\(name) is \(found ?? "unknown")")
      }
    }
  }

  @Test(.enabled(if: has("asm/vmx.h"), "needs asm/vmx.h: linux-libc-dev"))
  func everyVMXExitReasonOfTheHeaderHasItsName() throws {
    let reasons = try #require(Header("asm/vmx.h")).named("EXIT_REASON_")
    #expect(reasons.count > 60)
    for (name, number) in reasons { #expect(VMXExitReason.name(of: UInt32(number)) == name) }
  }

  @Test(.enabled(if: has("linux/kvm.h"), "needs linux/kvm.h: linux-libc-dev"))
  func everyKVMExitOfTheHeaderHasItsName() throws {
    // Behind the reasons stand flags and kinds of single reasons, whose names begin as they do.
    let kinds = [
      "KVM_EXIT_IO_", "KVM_EXIT_HYPERV_", "KVM_EXIT_XEN_", "KVM_EXIT_INTERNAL_ERROR_",
      "KVM_EXIT_MEMORY_FAULT_",
    ]
    let reasons = try #require(Header("linux/kvm.h")).named("KVM_EXIT_").filter { reason in
      !kinds.contains { reason.name.hasPrefix($0) }
    }
    #expect(reasons.count > 35)
    for (name, number) in reasons { #expect(KVMExitReason.name(of: UInt32(number)) == name) }
  }

  @Test(.enabled(if: has("linux/kvm_para.h"), "needs linux/kvm_para.h: linux-libc-dev"))
  func everyHypercallOfTheHeaderHasItsName() throws {
    let hypercalls = try #require(Header("linux/kvm_para.h")).named("KVM_HC_")
    #expect(hypercalls.count >= 12)
    for (name, number) in hypercalls { #expect(HypercallName.name(of: number) == name) }
  }

  @Test(.enabled(if: has("asm/unistd_64.h"), "needs asm/unistd_64.h: linux-libc-dev"))
  func everySystemCallOfTheHeaderHasItsName() throws {
    let calls = try #require(Header("asm/unistd_64.h")).named("__NR_")
    #expect(calls.count > 350)
    for (name, number) in calls { #expect(SystemCallName.name(of: number).map { "__NR_\($0)" } == name) }
  }

  @Test(.enabled(if: has("asm/kvm_para.h"), "needs asm/kvm_para.h: linux-libc-dev"))
  func everyMSROfKVMsHasItsName() throws {
    let registers = try #require(Header("asm/kvm_para.h")).named("MSR_KVM_")
    #expect(registers.count >= 11)
    for (name, number) in registers {
      #expect(MSRName.name(of: UInt32(number)).map { "MSR_\($0)" } == name)
    }
  }
}
