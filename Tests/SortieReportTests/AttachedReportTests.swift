import FoundationEssentials
import SortieAnalysis
import SortieReport
import SortieTrace
import Testing
import TraceFixtures

/// Reports on VMs that were attached to.
@Suite struct AttachedReportTests {
  private func trace() -> MemoryTrace {
    var trace = MemoryTrace()
    trace.add([
      KernelFixture(900, .entry), KernelFixture(1000, .exit(0x7b, info1: 0xe0_0010)),
      KernelFixture(1050, .unload),
      KernelFixture(1070, .leaves(2)), KernelFixture(1100, .called(0)), KernelFixture(1110, .call(271)),
      KernelFixture(1146, .called(1)), KernelFixture(1160, .call(16, 0xae80)), KernelFixture(1200, .load),
      KernelFixture(1280, .entry), KernelFixture(1300, .exit(0x78)), KernelFixture(1400, .entry),
    ])
    trace.setThread(1000)
    trace.addVCPU()
    trace.setVM(0, "name", "web1")
    trace.setVM(0, "attached_pid", "4711")
    trace.setVM(0, "command", "/usr/bin/qemu-system-x86_64 -name guest=web1")
    return trace
  }

  @Test func textSaysWhichProcessAndWhatItCalled() {
    let text = textReport(analyze(trace()))
    #expect(text.contains("Attached to web1, process 4711: /usr/bin/qemu-system-x86_64 -name guest=web1"))
    #expect(text.contains("Sites in the VMM, u0 to u1 (tier kernel, interval vmm), cycles"))
    let lines = text.split(separator: "\n")
    #expect(lines.contains("pio write 0xe0/1"))
    #expect(lines.contains { $0.hasPrefix("  ppoll  ") && $0.hasSuffix(" 60.0") })
    #expect(lines.contains { $0.hasPrefix("  own code  ") && $0.hasSuffix(" 40.0") })
  }

  @Test func jsonHasCallsAndOwnCode() throws {
    let document = try JSONDecoder().decode(JSONValue.self, from: Data(try jsonReport(analyze(trace()))))
    let calls = try #require(document["system_calls"]).elements
    #expect(calls.count == 2)
    #expect(
      calls[0]["call"] == .text("ppoll") && calls[0]["cycles"] == .number(36)
        && calls[0]["share"] == .number(0.6))
    #expect(
      calls[1]["call"] == .null && calls[1]["longest_cycles"] == .null && calls[1]["cycles"] == .number(24))
    let sites = try #require(document["sites"]).elements
    #expect(sites.contains { $0["tier"] == .text("kernel") && $0["interval"] == .text("vmm") })
  }

  @Test func timeOffTheCPUIsToldFromThatInTheVMMWhereverTheTwoWouldBeOne() {
    var trace = trace()
    trace.add(
      [KernelFixture(1112, .leave(to: 77, state: 0)), KernelFixture(1142, .arrive(from: 77))], cpu: 1)
    let words = textReport(analyze(trace)).split { $0 == " " || $0 == "\n" }.joined(separator: " ")
    #expect(words.contains("12.0 % (6.00 % on a CPU) of it in the VMM"))
    #expect(words.contains("Blocked and off-CPU time counts where the thread was then"))
    #expect(words.contains("which \"vCPU threads\" counts as in the VMM"))
  }

  @Test func whatKVMDidIsNotSaidToTakeAnOptionThatWasNotGiven() {
    var trace = trace()
    let access: [ColumnID: UInt64] = [.flags: 1, .address: 0xe0, .size: 1, .count: 1]
    trace.add([KernelFixture(1010, .detail(.port, access))], cpu: 1)
    let text = textReport(analyze(trace))
    #expect(text.contains("What KVM did for the guests") && !text.contains("--detail"))
  }

  @Test func aTraceOfOurOwnMachineMonitorHasNoSuchCalls() {
    var trace = MemoryTrace()
    trace.add([RoundTripRecord(u1: 100, flags: .firstEntry), RoundTripRecord(u0: 200, u1: 300, reason: 2)])
    #expect(!textReport(analyze(trace)).contains("What the VMM called"))
  }
}
