import Glibc
import LabBoot
import SystemPackage
import Testing

/// The gate on exit counts, on a KVM with hardware exits.
@Suite(.serialized, .needsLab)
struct GateLabTests {
  @Test("a budget of light operations passes every time again")
  func budgetPasses() throws {
    let outcome = try Lab.outcome("gate")
    try #require(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("light SVM_EXIT_VMMCALL 1000"))
    #expect(!outcome.output.contains("left out"), "\(outcome.output)")
    let statuses = try text("same").split(separator: "\n")
    #expect(statuses.count == Lab.checks)
    for (index, status) in statuses.enumerated() {
      let said = try text("same.\(index + 1)")
      #expect(status == "0", "\(said)")
    }
  }

  @Test("one exit more in 1,000 operations is a regression every time, heavy or light, and is named")
  func oneExitMore() throws {
    let statuses = try text("more").split(separator: "\n")
    #expect(statuses.count == 2 * Lab.gatedForMore.count && statuses.allSatisfy { $0 == "1" }, "\(statuses)")
    for name in Lab.gatedForMore {
      #expect(try text("more.\(name).cpuid").contains("SVM_EXIT_CPUID"))
      #expect(try text("more.\(name).port").contains("SVM_EXIT_IOIO"))
    }
  }

  /// What a file that the commands left says.
  private func text(_ name: String) throws -> String {
    let file = try #require(fopen(Lab.file(name, of: "gate").string, "r"))
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    return String(decoding: bytes[..<fread(&bytes, 1, bytes.count, file)], as: UTF8.self)
  }
}
