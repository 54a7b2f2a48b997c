import LabBoot
import SortieTrace
import Testing

/// What was recorded of Linux' boots, against what perf and KVM counted.
@Suite(.serialized, .needsLinuxLab)
struct LinuxEvidenceTests {
  @Test(arguments: LinuxLab.ours)
  func everythingThatCanBeCheckedHolds(run: LinuxLab.Run) throws {
    let report = try LinuxLab.report(of: run)
    #expect(report.totals.lost == 0)
    #expect(report.totals.unknown == 0)
    #expect(report.totals.inversions == 0)
    #expect(report.totals.exitEvents == report.totals.kvmCounterExits)
    for check in report.verdict.checks where check.name != "schedstat_split" {
      #expect(check.state == "ok", "\(check.text)")
    }
  }

  @Test func exitsOfEachVCPUAreThoseThatPerfSaw() throws {
    let trace = try LabTrace(LinuxLab.boot.file("trace.sortie", of: "two"))
    let reasons = try PerfReasons.numbers(trace.file)
    let perf = try PerfReasons.samples(recordedBy: LinuxLab.boot.file("perf.data", of: "two"))
    #expect(trace.vcpus.count == 2)
    for vcpu in trace.vcpus {
      let thread = try #require(vcpu.thread)
      let seen = try PerfReasons.exits(#require(perf[thread]), reasons)
      #expect(vcpu.exitsByReason == seen, "vCPU \(vcpu.index)")
    }
  }

  /// Each end of an interrupt that the I/O APIC in user space holds is a return to it.
  @Test func theSplitIRQChipTakesItsEndsOfInterrupt() throws {
    let trace = try LabTrace(LinuxLab.boot.file("trace.sortie", of: "two"))
    // KVM_EXIT_MMIO: the guest programs the I/O APIC and the virtio devices.
    #expect((trace.roundTrips[6] ?? 0) > 0)
  }
}
