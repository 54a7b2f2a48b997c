import CLinuxKVM
import Glibc
import Testing

extension LiveTests {
  /// Recordings that end before their guest does.
  @Suite struct InterruptionTests {
    /// Iterations that take days.
    private static let endless: UInt64 = 1 << 40

    @Test(arguments: [SIGINT, SIGTERM])
    func aSignalEndsTheGuestAndLeavesAWholeTrace(signal: Int32) throws {
      let recording = try endlessRecording { recorder in
        recorder.send(signal)
        return try recorder.wait(limit: 10)
      }
      #expect(recording.result.ending == .exited(130), "\(recording.result.messages)")
      try expectWhole(recording, outcome: "interrupted: signal \(signal)")
    }

    @Test func aTimeLimitEndsTheGuestAndLeavesAWholeTrace() throws {
      let recording = try Recording("pio-write", iterations: Self.endless, ["--timeout", "1"])
      #expect(recording.result.ending == .exited(124), "\(recording.result.messages)")
      #expect((1...30).contains(recording.result.seconds))
      try expectWhole(recording, outcome: "timeout")
    }

    @Test func aKilledRecorderLosesAboutASecondAtMost() throws {
      // A second is promised; the rest is what a loaded host takes to wake the writer. Where it kept the writer from its
      // processor for longer, the recorder is killed again.
      var (recording, lost) = try killedRecording()
      for _ in 0..<2 where lost >= 1.5 { (recording, lost) = try killedRecording() }
      #expect(lost >= 0 && lost < 1.5)

      let report = try recording.report()
      #expect(report.totals.heavy > 1000)
      #expect(report.totals.inversions == 0)
      #expect(report.totals.lost == 0, "what is there has no gaps")
      #expect(try recording.heavyEvents() == report.totals.heavy)
    }

    /// A recording whose recorder was killed, and the seconds between its last event and the kill.
    private func killedRecording() throws -> (recording: Recording, lost: Double) {
      var killed: UInt64 = 0
      let recording = try endlessRecording { recorder in
        usleep(2_500_000)
        killed = sortie_rdtsc()
        recorder.send(SIGKILL)
        return try recorder.wait(limit: 10)
      }
      #expect(recording.result.ending == .killed(signal: SIGKILL))
      let info = try recording.info()
      #expect(!info.finished)
      let frequency = try #require(info.tscKhz) * 1000
      let last = try #require(info.streams.first { $0.kind == "vmm" }?.lastTsc)
      return (recording, (Double(killed) - Double(last)) / Double(frequency))
    }

    private func expectWhole(_ recording: Recording, outcome: String) throws {
      let info = try recording.info()
      #expect(info.finished && info.damage.isEmpty)
      let report = try recording.report()
      #expect(report.totals.heavy > 0)
      #expect(report.totals.lost == 0)
      #expect(try recording.heavyEvents() == report.totals.heavy)
      #expect(try #require(report.vms.first)["outcome"] == outcome)
    }

    /// Starts a guest that does not end by itself, and lets `end` end its recorder once events are in the file.
    private func endlessRecording(_ end: (Subprocess) throws -> Subprocess.Result) throws -> Recording {
      let directory = try TemporaryDirectory()
      let path = directory.file("run.sortie")
      let recorder = try SortieTool.start(
        Recording.arguments("pio-write", iterations: Self.endless, to: path))
      let deadline = Subprocess.now() + 20
      var status = stat()
      while stat(path, &status) != 0 || status.st_size < 24 << 10 {
        try #require(Subprocess.now() < deadline, "no events come into the file")
        usleep(10_000)
      }
      return Recording(directory, path: path, try end(recorder))
    }
  }
}
