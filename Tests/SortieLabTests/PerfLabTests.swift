import LabBoot
import SortieTrace
import Testing
import WorkloadCatalog

/// Sortie's hardware exits held against those that `perf kvm stat` recorded over the same runs.
@Suite(.serialized, .needsLab)
struct PerfLabTests {
  @Test func perfLostNothing() throws {
    let statistics = try Lab.outcome("perf-losses")
    #expect(statistics.status == 0, "\(statistics.errors)")
    let lines = statistics.output.split(separator: "\n")
    #expect(lines.contains { $0.contains(/\bSAMPLE events: +[1-9]/) }, "\(statistics.output)")
    #expect(!lines.contains { $0.contains("LOST") }, "\(statistics.output)")
    let perf = try PerfRecording.ofAllWorkloads()
    #expect(!perf.exits.isEmpty && !perf.report.isEmpty)
  }

  @Test(arguments: Lab.runs.map(\.name))
  func exitsOfEachVCPUAreThoseThatPerfSaw(name: String) throws {
    let trace = try Lab.recorded(name).trace
    let perf = try PerfRecording.ofAllWorkloads()
    let reasons = try PerfReasons.numbers(trace.file)
    for vcpu in trace.vcpus {
      let thread = try #require(vcpu.thread)
      let seen = try PerfReasons.exits(#require(perf.exits[thread]), reasons)
      #expect(vcpu.exitsByReason == seen, "vCPU \(vcpu.index)")
    }
  }

  /// `perf kvm stat report` counts an exit when its re-entry comes: the last one of a vCPU is missing there. It knows no
  /// VMs, so the guests that `sortie record` runs besides, to look at the host, are in its sums too.
  @Test func reportOfPerfHasAllButTheLastExitOfEachVCPU() throws {
    let perf = try PerfRecording.ofAllWorkloads()
    var ours: [UInt32: UInt64] = [:]
    var threads: Set<UInt32> = []
    for run in Lab.runs {
      for vcpu in try Lab.recorded(run.name).trace.vcpus {
        threads.insert(try #require(vcpu.thread))
        ours.merge(vcpu.exitsByReason, uniquingKeysWith: +)
      }
    }
    let reasons = try PerfReasons.numbers(Lab.recorded(Workload.all[0].name).trace.file)
    for (thread, samples) in perf.exits where !threads.contains(thread) {
      ours.merge(try PerfReasons.exits(samples, reasons), uniquingKeysWith: +)
    }
    var missing: UInt64 = 0
    for (reason, count) in perf.report {
      let number = try #require(reasons[reason], "\(reason)")
      let all = ours.removeValue(forKey: number) ?? 0
      #expect(count <= all && all - count <= UInt64(perf.exits.count), "\(reason): \(all), perf \(count)")
      missing += all - min(count, all)
    }
    // A reason that perf does not list had its only exits at the ends.
    missing += ours.values.reduce(0, +)
    #expect(missing <= UInt64(perf.exits.count), "at most one of each vCPU thread: \(missing)")
  }
}
