import Glibc
import LabBoot
import SystemPackage
import Testing

/// The gate on exit counts, on a KVM with hardware exits.
@Suite(.serialized, .needsLab)
struct GateLabTests {
  @Test("a budget of hypercalls passes again, and one light exit more in 1,000 operations is a regression")
  func oneLightExitMore() throws {
    let outcome = try Lab.outcome("gate")
    try #require(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("light SVM_EXIT_VMMCALL 1000"))
    let (same, more) = (try text("same"), try text("more"))
    #expect(try text("same.status") == "0\n", "\(same)")
    #expect(try text("more.status") == "1\n", "\(more)")
    #expect(more.contains("SVM_EXIT_CPUID"))
  }

  /// What a file that the commands left says.
  private func text(_ name: String) throws -> String {
    let file = try #require(fopen(Lab.file(name, of: "gate").string, "r"))
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    return String(decoding: bytes[..<fread(&bytes, 1, bytes.count, file)], as: UTF8.self)
  }
}
