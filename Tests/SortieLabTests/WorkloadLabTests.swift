import LabBoot
import FoundationEssentials
import SortieAnalysis
import SortieTrace
import Testing
import WorkloadCatalog

/// Every workload on a KVM with hardware exits, held against what the catalog declares for SVM.
@Suite(.serialized, .needsLab)
struct WorkloadLabTests {
  @Test(arguments: Lab.runs.map(\.name))
  func roundTripsAreThoseDeclared(name: String) throws {
    let outcome = try Lab.run(of: name)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let recorded = try Lab.recorded(name)
    let expected = try recorded.run.expectation().roundTrips
    let found = recorded.trace.roundTrips
    #expect(Set(found.keys).isSubset(of: expected.keys.map(\.rawValue)), "\(found)")
    for (reason, count) in expected {
      let range = count.total(iterations: recorded.run.iterations)
      #expect(range.contains(found[reason.rawValue] ?? 0), "\(reason.name): \(found) not in \(range)")
    }
  }

  @Test(arguments: Lab.runs.map(\.name))
  func everyExitThatKVMCountedIsAnEvent(name: String) throws {
    let trace = try Lab.recorded(name).trace
    #expect(trace.file.losses.isEmpty)
    for vcpu in trace.vcpus {
      #expect(try trace.growth("exits", of: vcpu.index) == UInt64(vcpu.exits.count), "vCPU \(vcpu.index)")
    }
  }

  @Test func hypercallsCompleteHere() throws {
    let trace = try Lab.recorded("hypercall").trace
    #expect(try trace.attribute("outcome") == "completed")
    #expect(try UInt64(trace.vcpus[0].spans.count) == Lab.iterations(#require(Workload.named("hypercall"))))
    #expect(try trace.growth("hypercalls") == UInt64(trace.vcpus[0].spans.count))
  }

  @Test(arguments: Lab.runs.map(\.name))
  func operationsLieBetweenTheFirstEntryAndTheLastExit(name: String) throws {
    for vcpu in try Lab.recorded(name).trace.vcpus where !vcpu.spans.isEmpty {
      let offset = try #require(vcpu.tscOffset)
      #expect(offset != 0, "with the clocks alike, nothing would be shown")
      let entry = try #require(vcpu.records.first { $0.flags.contains(.firstEntry) }?.u1)
      let exit = try #require(vcpu.records.last?.u0)
      let stamps = vcpu.spans.flatMap { [$0.g0 &- offset, $0.g1 &- offset] }
      #expect(([entry] + stamps + [exit]).isAscending)
    }
  }

  @Test(arguments: [
    ("pio-write", 1), ("pio-read", 1), ("mmio-write", 1), ("mmio-read", 1), ("mmio-crossing", 2),
    ("msr-filtered", 1), ("pio-string", 16), ("pio-uart", 1),
  ])
  func roundTripsLieInsideTheOperationThatCausedThem(name: String, each: Int) throws {
    let vcpu = try Lab.recorded(name).trace.vcpus[0]
    let offset = try #require(vcpu.tscOffset)
    // The last is the write to the debug exit port, outside any operation.
    let trips = vcpu.records.dropLast().filter { $0.flags.isDisjoint(with: [.kick, .firstEntry]) }
    try #require(trips.count == vcpu.spans.count * each)
    for (index, span) in vcpu.spans.enumerated() {
      let inside = trips[index * each..<(index + 1) * each].flatMap { [$0.u0, $0.u1] }
      let stamps = [span.g0 &- offset] + inside + [span.g1 &- offset]
      guard stamps.isAscending else {
        Issue.record("operation \(index): \(stamps) is not in order")
        return
      }
    }
  }

  @Test(arguments: Lab.runs.map(\.name))
  func analysisFindsNothingUnknownOrOutOfOrder(name: String) throws {
    let analysis = try Lab.recorded(name).analysis
    #expect(analysis.totals.unknown == 0)
    #expect(analysis.totals.inversions == 0)
    #expect(analysis.totals.lost == 0 && analysis.totals.lossesOfUnknownCount == 0)
    #expect(analysis.totals.counterComparable)
  }
}

extension Collection where Element: Comparable {
  fileprivate var isAscending: Bool { zip(self, dropFirst()).allSatisfy { $0 <= $1 } }
}
