import Glibc
import SortieTrace
import SystemPackage
import Testing

extension LiveTests {
  /// `sortie attach` on a VM that another process runs: one of sortie's own, whose stamps are known.
  @Suite(
    .enabled(if: PrivateTracing.obstacle == nil, "needs a tracing instance: \(PrivateTracing.obstacle ?? "")")
  )
  struct AttachTests {
    @Test func everyRoundTripOfTheMachineMonitorIsSeenAroundItsOwnStamps() throws {
      let vm = try ObservedVM()
      let attached = try vm.attach(["--duration", "1500ms"])
      #expect(attached.result.status == 0, "\(attached.result.messages)")
      let recorder = try vm.end()
      #expect(recorder.status == 130, "the VM went on: \(recorder.messages)")

      let seen = try AttachedStamps(attached.path)
      let own = try vm.returns()
      let (first, last) = (try #require(seen.trips.first?.u0), try #require(seen.trips.last?.u1))
      let between = own.filter { $0.u0 >= first && $0.u1 <= last && $0.u1 != 0 }
      #expect(between.count > 1000)
      try #require(between.count == seen.trips.count)
      #expect(zip(seen.trips, between).allSatisfy { $0.u0 < $1.u0 && $1.u1 < $0.u1 })

      let report = try attached.report()
      #expect(report.totals.roundTrips >= UInt64(seen.trips.count))
      #expect(report.totals.roundTrips <= UInt64(seen.trips.count) + 1)
      #expect(report.totals.lost == 0 && report.totals.unknown == 0 && report.totals.inversions == 0)
      let site = try #require(report.sites.first { $0.interval == "vmm" && $0.class == "heavy" })
      #expect(site.tier == "kernel")
      #expect(site.site == "pio write 0xe0/4", "\(report.sites.map(\.site))")
      #expect(try #require(report.vms.first)["attached_pid"] == "\(vm.pid)")
      let info = try attached.info()
      #expect(info.finished && info.damage.isEmpty)
      #expect(try attached.kernelEvents().contains { $0.event == "sys_enter" })
    }

    @Test func theTimeOfTheThreadsCloses() throws {
      let vm = try ObservedVM()
      // Half a million events a second, and a machine that may not run the reader for a while.
      let attached = try vm.attach(["--duration", "1s", "--detail", "--kernel-buffer", "65536"])
      try #require(attached.result.status == 0, "\(attached.result.messages)")
      for vcpu in try attached.report().vcpus {
        let parts = try #require(vcpu.parts)
        let sum =
          (parts.guestCycles ?? 0) + (parts.kernelCycles ?? 0) + parts.undividedCycles + parts.switchOutCycles
          + parts.vmmCycles + parts.switchInCycles + parts.blockedCycles + parts.offCpuCycles
        let wall = vcpu.time.wallCycles
        #expect(wall > 0 && (wall - min(wall, sum)) * 1000 <= wall, "\(sum) of \(wall)")
        #expect(parts.vmmCycles > 0 && parts.switchOutCycles > 0 && parts.switchInCycles > 0)
      }
    }

    @Test func twoAttachersWorkSideBySide() throws {
      let vm = try ObservedVM()
      let paths = ["one.sortie", "two.sortie"].map(vm.directory.file)
      let attachers = try paths.map {
        try SortieTool.start(["attach", "\(vm.pid)", "--duration", "1s", "-o", $0])
      }
      for (path, attacher) in zip(paths, attachers) {
        let result = try attacher.wait(limit: 30)
        #expect(result.status == 0, "\(result.messages)")
        let report = try Recording(vm.directory, path: path, result).report()
        #expect(report.totals.heavy > 100 && report.totals.lost == 0 && report.totals.inversions == 0)
      }
    }

    @Test func aVMThatEndsEndsTheRecordingInOrder() throws {
      let vm = try ObservedVM()
      let path = vm.directory.file("attached.sortie")
      let attacher = try SortieTool.start(["attach", "\(vm.pid)", "-o", path])
      try vm.waitForEvents(in: path)
      _ = try vm.end()
      let result = try attacher.wait(limit: 30)
      #expect(result.status == 0, "\(result.messages)")
      #expect(result.messages.contains("has ended"), "\(result.messages)")
      let recording = Recording(vm.directory, path: path, result)
      #expect(try recording.info().finished)
      let report = try recording.report()
      #expect(report.totals.heavy > 0)
      #expect(try #require(report.vms.first)["outcome"] == "the VM ended while it was observed")
    }

    @Test func aSignalEndsTheRecordingAndLeavesTheVM() throws {
      let vm = try ObservedVM()
      let path = vm.directory.file("attached.sortie")
      let tracefs = try MountedTracefs()
      let attacher = try SortieTool.start(["attach", "\(vm.pid)", "-o", path])
      try vm.waitForEvents(in: path)
      attacher.send(SIGINT)
      let result = try attacher.wait(limit: 30)
      #expect(result.status == 0, "\(result.messages)")
      #expect(try Recording(vm.directory, path: path, result).info().finished)
      #expect(try !tracefs.instances().contains { $0.hasPrefix("sortie-\(attacher.pid)-") })
      #expect(kill(vm.pid, 0) == 0)
    }

    @Test func whatAKilledAttacherLeavesTheNextOneRemoves() throws {
      let vm = try ObservedVM()
      let tracefs = try MountedTracefs()
      let path = vm.directory.file("killed.sortie")
      let killed = try SortieTool.start(["attach", "\(vm.pid)", "-o", path])
      try vm.waitForEvents(in: path)
      killed.send(SIGKILL)
      #expect(try killed.wait(limit: 10).ending == .killed(signal: SIGKILL))
      #expect(try tracefs.instances().contains { $0.hasPrefix("sortie-\(killed.pid)-") })
      #expect(try vm.attach(["--duration", "100ms"]).result.status == 0)
      #expect(try !tracefs.instances().contains { $0.hasPrefix("sortie-\(killed.pid)-") })
      #expect(kill(vm.pid, 0) == 0)
    }

    @Test func histogramsSayWhatTheMachineMonitorStamped() throws {
      let vm = try ObservedVM()
      let attached = try vm.attach(["--aggregate", "--duration", "2s"])
      #expect(attached.result.status == 0, "\(attached.result.messages)")
      let recorder = try vm.end()
      #expect(recorder.status == 130, "the VM went on: \(recorder.messages)")
      let report = try attached.report()
      #expect(report.totals.lost == 0 && report.totals.unknown == 0 && report.totals.inversions == 0)
      #expect(report.verdict["time_closure"]?.state == "ok" && report.verdict["file"]?.state == "ok")
      let site = try #require(report.sites.first { $0.site == "pio write 0xe0/4" && $0.class == "heavy" })
      #expect(site.tier == "kernel" && site.count > 1000)
      // What the machine monitor stamped meanwhile: the ends of the sums say when that was.
      let trace = try TraceFile(path: FilePath(attached.path))
      let sums = try trace.rows(SumRow.self).filter { $0.vcpu == 0 && $0.site == nil }
      let (first, last) = (try #require(sums.map(\.since).min()), try #require(sums.map(\.until).max()))
      let own = try vm.returns().filter { $0.u0 >= first && $0.u1 <= last && $0.u1 != 0 }
      #expect(abs(own.count - Int(site.count)) <= 2, "\(own.count), \(site.count)")
      // The kernel's stamps lie around its own.
      let median = own.map { $0.u1 - $0.u0 }.sorted()[own.count / 2]
      #expect(try #require(site.cycles.p50) > median)
      #expect(try trace.blocks.allSatisfy { try $0.stream == nil || trace.decode($0).count == 0 })
      let dump = try SortieTool.run(["dump", attached.path])
      #expect(dump.status == 1 && dump.messages.contains("holds histograms and sums, no events"))
    }

    @Test func aFileThatIsReplacedIsAFile() throws {
      let vm = try ObservedVM()
      let pipe = vm.directory.file("pipe")
      #expect(mkfifo(pipe, 0o600) == 0)
      let options = ["attach", "\(vm.pid)", "--aggregate", "--duration", "100ms", "-o"]
      expectRefusal(try SortieTool.run(options + [pipe]), naming: "is no regular file")
      // Through a link, which stays; what a killed recorder left beside goes, and is not written through.
      let (link, file, precious) = (
        vm.directory.file("link"), vm.directory.file("file"), vm.directory.file("x")
      )
      for path in [file, precious] { close(open(path, O_CREAT | O_WRONLY, 0o600)) }
      #expect(symlink(file, link) == 0 && symlink(precious, file + ".next") == 0)
      let result = try SortieTool.run(options + [link])
      #expect(result.status == 0, "\(result.messages)")
      var status = stat()
      #expect(lstat(link, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
      #expect(try TraceFile(path: FilePath(file)).isComplete)
      #expect(stat(precious, &status) == 0 && status.st_size == 0)
      #expect(access(file + ".next", F_OK) != 0)
    }

    @Test func aKilledAggregatorLeavesAWholeFile() throws {
      let vm = try ObservedVM()
      let path = vm.directory.file("killed.sortie")
      let killed = try SortieTool.start(["attach", "\(vm.pid)", "--aggregate", "-o", path])
      // The second time it is written is after ten seconds.
      let deadline = Subprocess.now() + 40
      var rows: [SumRow] = []
      while rows.isEmpty {
        try #require(Subprocess.now() < deadline, "no sums come into \(path)")
        usleep(200_000)
        rows = (try? TraceFile(path: FilePath(path)).rows(SumRow.self)) ?? []
      }
      killed.send(SIGKILL)
      #expect(try killed.wait(limit: 10).ending == .killed(signal: SIGKILL))
      // The next one takes away what the kernel was left with.
      #expect(try vm.attach(["--aggregate", "--duration", "100ms"]).result.status == 0)
      #expect(try !MountedTracefs().instances().contains { $0.hasPrefix("sortie-\(killed.pid)-") })
      let recording = Recording(vm.directory, path: path, try vm.end())
      #expect(try recording.info().finished)
      #expect(try recording.report().totals.heavy > 1000)
    }

    @Test func theListHasTheVM() throws {
      let vm = try ObservedVM()
      let result = try SortieTool.run(["attach", "--list"])
      #expect(result.status == 0)
      let lines = String(decoding: result.output, as: UTF8.self).split(separator: "\n")
      #expect(lines.contains { $0.hasPrefix("\(vm.pid) ") && $0.contains("pio-write") }, "\(lines)")
    }

    @Test func whatCannotBeAttachedToIsRefusedInASentence() throws {
      expectRefusal(try SortieTool.run(["attach", "4194305"]), naming: "there is no process 4194305")
      expectRefusal(try SortieTool.run(["attach", "\(getpid())"]), naming: "has no VM of KVM's")
      expectRefusal(
        try SortieTool.run(["attach", "--name", "no-such-vm"]), naming: "no VM is called no-such-vm")
      #expect(try SortieTool.run(["attach"]).status == 2)
      #expect(try SortieTool.run(["attach", "1", "--all"]).status == 2)
      #expect(try SortieTool.run(["attach", "1", "--duration", "soon"]).status == 2)
      for option in [["--aggregate"], ["--vcpu", "0"], ["--duration", "1s"], ["-o", "x"]] {
        let refused = try SortieTool.run(["attach", "--list"] + option)
        #expect(refused.status == 2 && refused.messages.contains("--list records nothing"))
      }
      for option in [["--reason", "npf"], ["--max-size", "1MB"]] {
        let refused = try SortieTool.run(["attach", "1", "--aggregate"] + option)
        #expect(refused.status == 2 && refused.messages.contains("--aggregate keeps no events"))
      }
    }

    /// A user without any privilege.
    private static let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"]

    private static let nobodyCanRunSortie: Bool = {
      guard geteuid() == 0, let program = SortieTool.path else { return false }
      return (try? Subprocess("setpriv", nobody + ["test", "-x", program]).wait(limit: 10).status) == 0
    }()

    private static let nobodyCanReadTracefs: Bool = {
      let test = try? Subprocess("setpriv", nobody + ["test", "-r", "/sys/kernel/tracing"]).wait(limit: 10)
      return test?.status == 0
    }()

    @Test(
      .enabled(
        if: MountedTracefs.isMountedAlready && nobodyCanRunSortie && !nobodyCanReadTracefs,
        "needs a mounted tracefs that root alone may read, and a program that others may run"))
    func whoMayNotReadAMountedTracefsIsNotToldToMountOne() throws {
      let result = try Subprocess("setpriv", Self.nobody + [try #require(SortieTool.path), "doctor"])
        .wait(limit: 30)
      let text = String(decoding: result.output, as: UTF8.self)
      #expect(text.contains("needs root: /sys/kernel/tracing may only be read by root"), "\(text)")
      #expect(!text.contains("mounted"))
    }

    @Test(
      .enabled(if: !MountedTracefs.isMountedAlready, "tracefs is mounted: it can be had without privilege"))
    func withoutPrivilegeItSaysWhatIsNeeded() throws {
      let vm = try ObservedVM()
      let program = try #require(SortieTool.path)
      let result = try Subprocess(
        "setpriv",
        [
          "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin", program, "attach", "\(vm.pid)", "-o",
          "x.sortie",
        ]
      ).wait(limit: 30)
      #expect(result.status == 3, "\(result.messages)")
      #expect(result.messages.contains("only root may mount one"), "\(result.messages)")
    }
  }
}
