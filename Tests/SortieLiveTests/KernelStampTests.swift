import Glibc
import SortieTrace
import SystemPackage
import Testing
import WorkloadCatalog

extension LiveTests {
  /// The kernel's stamps in recordings, and what recorders leave behind in the kernel.
  @Suite(
    .enabled(if: PrivateTracing.obstacle == nil, "needs a tracing instance: \(PrivateTracing.obstacle ?? "")")
  )
  struct KernelStampTests {
    /// Kernel events in a trace, by event, and the returns of `KVM_RUN` that its machine monitor saw.
    private struct Counts {
      var events: [String: UInt64] = [:]
      var returns: UInt64 = 0
      let trace: TraceFile

      init(_ path: String) throws {
        trace = try TraceFile(path: FilePath(path))
        var names: [UInt64: String] = [:]
        for row in try trace.rows(EventFormatRow.self) {
          names[row.event] = row.name.split(separator: "/").last.map { String($0) }
        }
        var kinds: [StreamID: StreamKind] = [:]
        for row in try trace.rows(StreamRow.self) { kinds[row.stream] = row.kind }
        for block in trace.blocks {
          guard let stream = block.stream else { continue }
          switch kinds[stream] {
          case .kernel:
            guard case .integers(let events)? = try trace.decode(block)[.kernelEvent]?.values else {
              continue
            }
            for event in events { self.events[try #require(names[event]), default: 0] += 1 }
          case .vmm:
            let trips = try trace.roundTrips(in: block)
            for row in 0..<trips.count {
              let record = trips.record(row)
              if record.u0 != 0, !record.flags.contains(.coalesced) { returns += 1 }
            }
          default: continue
          }
        }
      }
    }

    @Test(arguments: LiveHost.workloads)
    func theTraceHoldsTheEventsThatAWorkloadDeclares(name: String) throws {
      let workload = try #require(Workload.named(name))
      let iterations = workload.testIterations
      let recording = try Recording(name, iterations: iterations, ["--detail", "--kernel-buffer", "32768"])
      try #require(recording.result.status == 0, "\(recording.result.messages)")
      let counts = try Counts(recording.path)
      try #require(counts.trace.losses.isEmpty)
      #expect(counts.events["kvm_userspace_exit"] == counts.returns, "one for each return of KVM_RUN")
      #expect(counts.events["kvm_fpu"] == 2 * counts.returns)

      let kind = try #require(LiveHost.kind)
      if kind.hasHardwareExits {
        #expect(counts.events["kvm_exit", default: 0] > 0)
        #expect(counts.events["kvm_entry", default: 0] > 0)
      }
      let expected = workload.expectation(on: kind).tracepoints
      for tracepoint in Tracepoint.allCases where tracepoint != .pageFault && tracepoint != .apicIPI {
        let range = expected[tracepoint]?.total(iterations: iterations) ?? 0...0
        let count = counts.events[tracepoint.rawValue] ?? 0
        #expect(range.contains(count), "\(tracepoint.rawValue): \(count), declared \(range)")
      }
    }

    @Test func eventsLieBetweenTheStampsOfTheirRoundTrip() throws {
      let recording = try Recording("pio-write", iterations: 500)
      try #require(recording.result.status == 0, "\(recording.result.messages)")
      let trace = try Counts(recording.path).trace
      let exit = try #require(
        try trace.rows(EventFormatRow.self).first { $0.name == "kvm/kvm_userspace_exit" })
      var inside: [UInt64] = []
      var returns: [RoundTripRecord] = []
      let streams = try trace.rows(StreamRow.self)
      for block in trace.blocks {
        guard let row = streams.first(where: { $0.stream == block.stream }) else { continue }
        if row.kind == .kernel {
          let set = try trace.decode(block)
          guard case .integers(let events)? = set[.kernelEvent]?.values,
            case .integers(let stamps)? = set[.tsc]?.values
          else { continue }
          inside += zip(events, stamps).filter { $0.0 == exit.event }.map(\.1)
        } else if row.kind == .vmm {
          let trips = try trace.roundTrips(in: block)
          returns += (0..<trips.count).map { trips.record($0) }
        }
      }
      inside.sort()
      #expect(inside.count == returns.count - 1)
      for (stamp, (entry, exit)) in zip(inside, zip(returns, returns.dropFirst())) {
        #expect(entry.u1 < stamp && stamp < exit.u0)
      }
    }

    @Test func nothingIsLeftBehind() throws {
      let tracefs = try MountedTracefs()
      let before = try tracefs.instances()
      let directory = try TemporaryDirectory()
      let recorder = try SortieTool.start(
        Recording.arguments("pio-write", iterations: 1 << 40, to: directory.file("run.sortie")))
      let own = try instance(of: recorder, in: tracefs)
      #expect(!before.contains(own))
      recorder.send(SIGTERM)
      #expect(try recorder.wait(limit: 10).ending == .exited(130))
      #expect(try !tracefs.instances().contains(own))
    }

    @Test func whatAKilledRecorderLeavesTheNextOneRemoves() throws {
      let tracefs = try MountedTracefs()
      let directory = try TemporaryDirectory()
      let others = ["somebody", "sortie-1-1-1-1"].map { "\(tracefs.root)/instances/\($0)-\(getpid())" }
      for other in others { #expect(mkdir(other, 0o700) == 0) }
      defer { for other in others { rmdir(other) } }
      let path = directory.file("killed.sortie")
      let living = try SortieTool.start(
        Recording.arguments("pio-write", iterations: 1 << 40, to: directory.file("living.sortie")))
      let killed = try SortieTool.start(Recording.arguments("pio-write", iterations: 1 << 40, to: path))
      let (kept, left) = (try instance(of: living, in: tracefs), try instance(of: killed, in: tracefs))
      let deadline = Subprocess.now() + 20
      var status = stat()
      while stat(path, &status) != 0 || status.st_size < 96 << 10 {
        try #require(Subprocess.now() < deadline, "no events come into the file")
        usleep(10_000)
      }
      killed.send(SIGKILL)
      #expect(try killed.wait(limit: 10).ending == .killed(signal: SIGKILL))
      #expect(try tracefs.instances().contains(left))

      let next = try Recording("pio-write", iterations: 10)
      #expect(next.result.status == 0)
      #expect(next.result.messages.contains(left), "\(next.result.messages)")
      let instances = try tracefs.instances()
      #expect(!instances.contains(left))
      #expect(instances.contains(kept), "a recorder that lives keeps its own")
      for other in others { #expect(access(other, F_OK) == 0) }

      let counts = try Counts(path)
      #expect(!counts.trace.isFinished)
      #expect(counts.events["kvm_userspace_exit", default: 0] > 100)
      living.send(SIGINT)
      _ = try living.wait(limit: 10)
    }

    @Test func whatIsNotWantedIsNotRecorded() throws {
      let recording = try Recording("pio-write", iterations: 20, ["--no-kernel"])
      try #require(recording.result.status == 0, "\(recording.result.messages)")
      let trace = try TraceFile(path: FilePath(recording.path))
      #expect(try trace.rows(StreamRow.self).allSatisfy { $0.kind == .vmm || $0.kind == .guest })
      #expect(try tier(of: trace) == "missing: left out (--no-kernel)")
      #expect(try Counts(recording.path).returns == 21)
    }

    @Test(
      .enabled(if: !MountedTracefs.isMountedAlready, "tracefs is mounted: it can be had without privilege"))
    func withoutPrivilegeRecordingGoesOnWithoutTheKernel() throws {
      let directory = try TemporaryDirectory()
      let path = directory.file("run.sortie")
      let result = try Subprocess(
        "setpriv",
        ["--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin", try #require(SortieTool.path)]
          + Recording.arguments("pio-write", iterations: 20, to: path), environment: SortieTool.environment
      ).wait(limit: 30)
      try #require(result.status == 0, "\(result.messages)")
      #expect(result.messages.contains("the kernel's stamps are missing: tracefs is not mounted"))
      let trace = try TraceFile(path: FilePath(path))
      #expect(try tier(of: trace)?.hasPrefix("missing: tracefs is not mounted") == true)
      #expect(try Counts(path).returns == 21)
    }

    private func tier(of trace: TraceFile) throws -> String? {
      try trace.rows(HostAttribute.self).last { $0.name == "kernel_tier" }?.value
    }

    /// The instance that a recorder made.
    private func instance(of recorder: Subprocess, in tracefs: MountedTracefs) throws -> String {
      let deadline = Subprocess.now() + 20
      while Subprocess.now() < deadline {
        if let name = try tracefs.instances().first(where: { $0.hasPrefix("sortie-\(recorder.pid)-") }) {
          return name
        }
        usleep(5000)
      }
      throw Subprocess.Failure(description: "the recorder made no instance")
    }
  }
}
