import Glibc
import Testing

extension LiveTests {
  /// Filters of `sortie attach`, and traces that are kept within a size.
  @Suite(
    .enabled(if: PrivateTracing.obstacle == nil, "needs a tracing instance: \(PrivateTracing.obstacle ?? "")")
  )
  struct FilterTests {
    @Test(arguments: [
      (["--port", "0xe0"], ["--port", "0x60-0x64"]), (["--port", "0xde-0xff"], ["--gpa", "0-0xffffffff"]),
      (["--reason", "KVM_EXIT_IO"], ["--reason", "KVM_EXIT_MMIO,SVM_EXIT_NPF"]),
      (["--reason", "io,mmio", "--min-duration", "1cycles"], ["--min-duration", "1000s"]),
    ])
    func whatIsWantedIsKeptAndTheRestIsCounted(wanted: [String], unwanted: [String]) throws {
      let vm = try ObservedVM()
      let kept = try vm.attach(["--duration", "1s"] + wanted)
      #expect(kept.result.status == 0, "\(kept.result.messages)")
      let report = try kept.report()
      // On a busy machine the guest may get little of a second.
      #expect(report.totals.heavy > 0 && report.totals.inversions == 0 && report.totals.lost == 0)
      #expect(report.sites.filter { $0.interval == "vmm" }.map(\.site) == ["pio write 0xe0/4"])
      // Only what recording began and ended in is missing.
      #expect(report.totals.leftOutOperations == 0 && report.totals.leftOutEvents < 100)

      let dropped = try vm.attach(["--duration", "2s"] + unwanted)
      let nothing = try dropped.report()
      #expect(nothing.totals.roundTrips == 0)
      #expect(nothing.totals.leftOutOperations > 0, "\(dropped.result.messages)")
      #expect(nothing.totals.leftOutEvents >= 5 * nothing.totals.leftOutOperations)
      #expect(nothing.verdict.holds && nothing.verdict["time_closure"]?.state == "unknown")
      let omission = nothing.verdict["time_closure"]?.text.filter { $0 != "," }
      #expect(omission?.contains("filters left out \(nothing.totals.leftOutEvents) events") == true)
      let text = try SortieTool.run(["report", dropped.path])
      #expect(
        String(decoding: text.output, as: UTF8.self).contains("(\(unwanted.joined(separator: " ")))"))
    }

    @Test func theSlowestRoundTripsAreThoseOfAnUnfilteredTrace() throws {
      let vm = try ObservedVM()
      let all = try vm.attach(["--duration", "700ms"]).report()
      let median = try #require(all.sites.first { $0.interval == "vmm" }?.cycles.p50)
      let slow = try vm.attach(["--duration", "3s", "--min-duration", "\(20 * median)cycles"])
      let report = try slow.report()
      #expect(report.totals.heavy < report.totals.leftOutOperations, "\(slow.result.messages)")
      #expect(report.totals.leftOutOperations > 0 && report.totals.inversions == 0)
      let events = try slow.kernelEvents()
      #expect(events.contains { $0.event == "left_out" && $0.text.contains("operations") })
      for vcpu in report.vcpus where vcpu.time.wallCycles > 0 {
        let parts = try #require(vcpu.parts)
        #expect(parts.undividedCycles + (parts.guestCycles ?? 0) < vcpu.time.wallCycles)
      }
    }

    @Test(arguments: [("pio-read", "pio read"), ("mmio-read", "mmio read"), ("mmio-crossing", "mmio write")])
    func whatIsKnownOnlyAfterTheReturnIsPartOfTheOperation(guest: String, site: String) throws {
      let vm = try ObservedVM(guest)
      let all = try vm.attach(["--duration", "500ms"]).report()
      let label = try #require(all.sites.first { $0.interval == "vmm" && $0.site.hasPrefix(site) }?.site)
      let option = guest == "pio-read" ? "--port" : "--gpa"
      let address = try #require(label.split { " /".contains($0) }.first { $0.hasPrefix("0x") })
      let report = try vm.attach(["--duration", "500ms", option, "\(address)"]).report()
      // Recording may have begun between the halves of an access across a page.
      #expect(report.totals.heavy > 0 && report.totals.leftOutOperations <= 1)
      // It may also have ended in a round trip of which nothing told the address.
      func sites(_ report: ReportDocument) -> Set<String> {
        Set(report.sites.filter { $0.interval == "vmm" && $0.site.contains("0x") }.map(\.site))
      }
      #expect(sites(report) == sites(all))
    }

    @Test func vCPUsThatAreNotWantedAreNotRecorded() throws {
      let vm = try ObservedVM("pio-write", ["--vcpus", "2"])
      let attached = try vm.attach(["--duration", "700ms", "--vcpu", "0"])
      #expect(attached.result.status == 0, "\(attached.result.messages)")
      let report = try attached.report()
      #expect(report.vcpus.map(\.vcpu) == [0])
      #expect(try #require(report.vms.first)["vcpus_left_out"] == "1")
      #expect(report.totals.leftOutEvents == 0)
      #expect(report.verdict["time_closure"]?.state == "ok")
      expectRefusal(
        try SortieTool.run(["attach", "\(vm.pid)", "--vcpu", "2-5"]),
        naming: "--vcpu 2-5: the VM has no such vCPU")
    }

    @Test(arguments: [
      ["--port", "0x10000"], ["--port", "0x64-0x60"], ["--port", "-1"], ["--port", "+5"], ["--port", "0x"],
      ["--port", "96-"], ["--port", ""], ["--port", "com1"], ["--gpa", "0x1-0x2-0x3"],
      ["--gpa", "0x10000000000000000"], ["--gpa", "1_000"], ["--vcpu", "1,,2"], ["--vcpu", "99999"],
      ["--vcpu", "3-1"], ["--reason", "FOO"], ["--reason", "KVM_EXIT_"], ["--reason", "2"],
      ["--reason", "hlt,"], ["--reason", ""], ["--min-duration", "20"], ["--min-duration", "-5us"],
      ["--min-duration", "0us"], ["--min-duration", "nanus"], ["--min-duration", "1.5cycles"],
      ["--min-duration", "1e400s"], ["--max-size", "200"], ["--max-size", "-1MB"], ["--max-size", "1XB"],
      ["--max-size", "99999999999999TB"],
    ])
    func hostileValuesAreNamedWithWhatWouldBeRight(options: [String]) throws {
      let result = try SortieTool.run(["attach", "1"] + options)
      #expect(result.status == 2, "\(result.messages)")
      #expect(
        result.messages.contains("'\(options[1])'") || result.messages.contains(options[0]),
        "\(result.messages)")
      #expect(
        ["such as", "at least", "Missing value", "is called"].contains { result.messages.contains($0) },
        "\(result.messages)")
    }

    @Test func aTraceIsKeptWithinItsSizeWhileItIsWritten() throws {
      let vm = try ObservedVM()
      let path = vm.directory.file("ring.sortie")
      let limit = 256_000
      let attacher = try SortieTool.start([
        "attach", "\(vm.pid)", "--detail", "--max-size", "\(limit)", "-o", path,
      ])
      var (sizes, reports): ([Int], Int) = ([], 0)
      let end = Subprocess.now() + 40
      // Until the file was replaced twice.
      while Subprocess.now() < end, zip(sizes, sizes.dropFirst()).count(where: { $0 > $1 }) < 2 {
        var status = stat()
        if stat(path, &status) == 0 {
          sizes.append(Int(status.st_size))
          if sizes.count % 10 == 9 {
            let now = Recording(vm.directory, path: path, try SortieTool.run(["info", path]))
            #expect(try now.info().damage.isEmpty, "readable at any moment")
            reports += 1
          }
        }
        usleep(20_000)
      }
      attacher.send(SIGKILL)
      _ = try attacher.wait(limit: 10)
      #expect(sizes.allSatisfy { $0 <= limit }, "\(sizes.max() ?? 0)")
      #expect(zip(sizes, sizes.dropFirst()).count { $0 > $1 } >= 2 && reports > 0)
      let killed = Recording(vm.directory, path: path, try SortieTool.run(["info", path]))
      #expect(try !killed.info().finished && killed.info().damage.isEmpty)
      try expectACutTrace(killed)
    }

    @Test func theEndOfARecordingOfItsOwnGuestIsKept() throws {
      let recording = try Recording(
        "pio-write", iterations: 200_000, ["--max-size", "256kB", "--detail"], limit: 60)
      #expect(recording.result.status == 0, "\(recording.result.messages)")
      #expect(try recording.info().finished)
      try expectACutTrace(recording)
      let check = try Subprocess("zstd", ["-tq", recording.path]).wait(limit: 10)
      #expect(check.status == 0, "\(check.messages)")
      #expect(access(recording.path + ".next", F_OK) != 0)
    }

    private func expectACutTrace(_ recording: Recording) throws {
      var status = stat()
      #expect(stat(recording.path, &status) == 0 && status.st_size <= 256_000)
      let report = try recording.report()
      #expect(report.totals.cutEvents > 1000 && report.totals.heavy > 0)
      #expect(report.totals.inversions == 0 && report.totals.unknown == 0)
      let cut = report.losses.filter { $0.cause == "left out by --max-size" }
      #expect(!cut.isEmpty && cut.allSatisfy { $0.count ?? 0 > 0 })
      #expect(cut.reduce(0) { $0 + ($1.count ?? 0) } == report.totals.cutEvents)
      #expect(report.verdict["exit_count"]?.state == "unknown")
      #expect(report.verdict["exit_count"]?.text.contains("--max-size") == true)
      // The last events of one CPU may not have been written yet when a recorder is killed, and a busy host may lose some, of
      // whatever number.
      guard report.losses.count == cut.count, try recording.info().finished else { return }
      #expect(report.verdict["time_closure"]?.state == "ok")
    }
  }
}
