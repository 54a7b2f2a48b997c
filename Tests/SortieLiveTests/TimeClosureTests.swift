import Testing

extension LiveTests {
  /// Where the time of a vCPU thread went: the kernel's events against the VMM's stamps, and against the scheduler.
  @Suite struct TimeClosureTests {
    /// How far apart two accounts of a thread's time may be, as a share of it.
    private static let (closureLimit, schedulerLimit) = (0.001, 0.01)

    @Test(
      .enabled(
        if: PrivateTracing.obstacle == nil, "needs a tracing instance: \(PrivateTracing.obstacle ?? "")"),
      arguments: ["empty", "pio-write", "cpuid", "hlt-timer", "pio-string"])
    func partsMakeTheWallTimeAndTheSchedulerSaysTheSame(name: String) throws {
      // What a hypervisor below takes is in no account: one recording of three that it leaves in peace must do.
      var shares: [Double] = []
      repeat {
        let recording = try Recording(name, iterations: 4000)
        try #require(recording.result.status == 0, "\(recording.result.messages)")
        let vcpu = try #require(try recording.report().vcpus.first)
        let parts = try #require(vcpu.parts)
        let divided = (parts.guestCycles ?? 0) + (parts.kernelCycles ?? 0) + parts.undividedCycles
        let switches = parts.switchOutCycles + parts.switchInCycles
        let sum = divided + switches + parts.vmmCycles + parts.blockedCycles + parts.offCpuCycles
        let wall = Double(vcpu.time.wallCycles)
        #expect(abs(wall - Double(sum)) <= wall * Self.closureLimit)
        let schedstat = try #require(vcpu.schedstat)
        #expect(schedstat.windowCycles > vcpu.time.wallCycles)
        #expect(schedstat.onCpuNs > 0)
        shares.append(try #require(schedstat.differenceShare))
      } while shares.count < 3 && shares.last.map { $0 > Self.schedulerLimit } ?? true
      #expect(shares.last.map { $0 <= Self.schedulerLimit } == true, "\(shares)")
    }

    /// A window of the scheduler's own clock: what it counted cannot be more time than passed.
    @Test func theReadingsLieAroundTheRun() throws {
      let recording = try Recording("pio-write", iterations: 2000, ["--no-kernel"])
      let report = try recording.report()
      let vcpu = try #require(report.vcpus.first)
      let schedstat = try #require(vcpu.schedstat)
      let kilohertz = Double(try #require(report.host.tscKhz))
      let window = Double(schedstat.windowCycles) * 1e6 / kilohertz
      #expect(Double(schedstat.onCpuNs + schedstat.runDelayNs) <= window * 1.01)
      #expect(Double(schedstat.onCpuNs) > 0)
      #expect(schedstat.differenceShare == nil, "without switches of threads nothing stands against it")
    }
  }
}
