import SortieTrace
import SystemPackage
import Testing
import WorkloadCatalog

extension LiveTests {
  /// What the kernel saw of a run against what the catalog declares: evidence that comes neither from the guest nor
  /// from its machine monitor.
  @Suite(
    .enabled(if: PrivateTracing.obstacle == nil, "needs a tracing instance: \(PrivateTracing.obstacle ?? "")")
  )
  struct TracepointTests {
    /// Any page may be touched for the first time: the catalog declares nothing.
    private static let counted = Tracepoint.allCases.filter { $0 != .pageFault }

    @Test(arguments: LiveHost.workloads + Workload.io.map(\.name))
    func theKernelSeesTheOperationsThatAWorkloadDeclares(name: String) throws {
      let workload = try #require(Workload.named(name))
      let iterations = workload.testIterations
      let directory = try TemporaryDirectory()
      let path = directory.file("run.sortie")
      let tracing = try PrivateTracing(events: Self.counted.map(\.rawValue))
      let result = try tracing.run(
        try #require(SortieTool.path), Recording.arguments(name, iterations: iterations, to: path),
        environment: SortieTool.environment, limit: 30)
      try #require(result.status == 0, "\(result.messages)")

      // The machines that look at the host and measure the stamps run on other threads.
      let threads = try TraceFile(path: FilePath(path)).rows(ThreadRow.self).filter { $0.vcpu != nil }
      #expect(threads.count == workload.vcpus)
      let numbers = Set(threads.map(\.thread))
      var seen: [String: UInt64] = [:]
      for event in try tracing.events() where numbers.contains(event.thread) {
        seen[event.name, default: 0] += 1
      }
      try #require(try tracing.lost() == 0)

      let expected = workload.expectation(on: try #require(LiveHost.kind)).tracepoints
      for tracepoint in Self.counted {
        let range = expected[tracepoint]?.total(iterations: iterations) ?? 0...0
        let count = seen[tracepoint.rawValue] ?? 0
        #expect(range.contains(count), "\(tracepoint.rawValue): \(count), declared \(range)")
      }
    }
  }
}
