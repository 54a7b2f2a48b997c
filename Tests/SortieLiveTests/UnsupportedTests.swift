import Testing
import WorkloadCatalog

extension LiveTests {
  /// An instruction that a KVM which emulates guest code executes again and again, for ever.
  @Suite struct UnsupportedTests {
    @Test(
      .enabled(if: LiveHost.kind?.hasHardwareExits == false, "this host executes hypercalls"),
      arguments: ["hypercall", "hypercall-kick"])
    func aHypercallThisHostCannotExecuteEndsTheRunAndIsNamed(name: String) throws {
      let recording = try Recording(name, limit: 60)
      #expect(recording.result.status == 3)
      #expect(recording.result.messages.contains("vmcall"))
      let report = try recording.report()
      #expect(report.totals.light == nil)
      #expect(try #require(report.vms.first)["outcome"]?.hasPrefix("unsupported: vmcall") == true)
      #expect(try recording.info().finished)
    }

    @Test(
      .enabled(if: LiveHost.kind?.hasHardwareExits == true, "this host cannot execute hypercalls"),
      arguments: ["hypercall", "hypercall-kick"])
    func aHypercallThisHostExecutesCompletes(name: String) throws {
      let recording = try Recording(name, iterations: 1000)
      #expect(recording.result.status == 0)
      #expect(try #require(recording.report().vms.first)["outcome"] == "completed")
    }

    @Test func theStandardSetRunsToItsEndWhateverThisHostCannotExecute() throws {
      let directory = try TemporaryDirectory()
      let path = directory.file("standard.sortie")
      let result = try SortieTool.run(["record", "--iterations", "20", "-o", path], limit: 90)
      #expect(result.status == 0, "\(result.messages)")
      let report = try Recording(directory, path: path, result).report()
      let completed = report.vms.filter { $0["outcome"] == "completed" }.compactMap(\.workload)
      #expect(Set(completed) == Set(LiveHost.workloads))
      for vm in report.vms where !completed.contains(vm.workload ?? "") {
        #expect(vm["outcome"]?.hasPrefix("unsupported: ") == true)
      }
      let text = String(decoding: result.output, as: UTF8.self)
      for workload in LiveHost.workloads { #expect(text.contains(workload)) }
    }

    @Test func aBusyLoopIsNoUnsupportedInstruction() throws {
      let directory = try TemporaryDirectory()
      let guest = try directory.write(TinyGuest.busyLoop, to: "busy.elf")
      let recording = try Recording(guest, ["--timeout", "2.5"])
      #expect(recording.result.status == 124)
      #expect(!recording.result.messages.contains("not supported"))
      #expect(try #require(recording.report().vms.first)["outcome"] == "timeout")
    }
  }
}
