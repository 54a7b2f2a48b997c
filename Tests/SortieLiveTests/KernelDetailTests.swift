import Foundation
import Testing

extension LiveTests {
  /// The kernel's events by name, on this host's own KVM.
  @Suite(
    .enabled(
      if: PrivateTracing.obstacle == nil, "needs a tracing instance: \(PrivateTracing.obstacle ?? "")"),
    .enabled(if: LiveHost.workloads.contains("msr-write"), "this host cannot run msr-write"))
  struct KernelDetailTests {
    @Test(arguments: [
      ("msr-write", "kvm_msr", "write IA32_UCODE_WRITE"), ("cpuid", "kvm_cpuid", "leaf 0x0"),
      ("tsc-deadline", "kvm_msr", "write IA32_TSC_DEADLINE"), ("pio-pit", "kvm_pio", "write 0x43/1"),
      ("apic-self-ipi", "kvm_apic", "write APIC_SELF_IPI"),
      ("mmio-ioeventfd", "kvm_mmio", "write 0xd0006000/4"),
    ])
    func whatKVMDidIsCountedByNameAndDumped(name: String, event: String, detail: String) throws {
      let recording = try Recording(name, iterations: 300, ["--detail"])
      try #require(recording.result.status == 0, "\(recording.result.messages)")
      let report = try recording.report()
      let row = try #require(
        report.kernelEvents.first { $0.event == event && $0.detail == detail },
        "\(report.kernelEvents.map { "\($0.event) \($0.detail)" })")
      // A few more of the same belong to the guest's way to its first iteration.
      #expect((300...310).contains(row.count))
      let dumped = try recording.kernelEvents()
      #expect(UInt64(dumped.count { $0.event == event && $0.text.hasPrefix(detail + " ") }) == row.count)
      for line in dumped { #expect(!line.event.hasPrefix("event ") && !line.text.contains("unknown")) }
    }
  }
}
