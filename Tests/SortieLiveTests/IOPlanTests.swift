import Glibc
import Testing
import WorkloadCatalog

extension LiveTests {
  /// One I/O plan, on one device after the other.
  @Suite struct IOPlanTests {
    private static let names = Workload.io.map(\.name)
    private static let withKicks = Workload.io.filter(\.hasKicks).map(\.name)
    private static let operations: UInt64 = 32

    /// Small operations, for each instruction of a guest may take a microsecond.
    private static func parameters(_ workload: Workload, _ more: [UInt64] = []) -> [UInt64] {
      [workload.name.hasPrefix("disk-") ? 512 : 64, 7] + more
    }

    private func record(
      _ name: String, _ more: [UInt64] = [], options: [String] = []
    ) throws -> Recording {
      let workload = try #require(Workload.named(name))
      let parameters = Self.parameters(workload, more).flatMap { ["--parameter", "\($0)"] }
      return try Recording(name, iterations: Self.operations, parameters + options)
    }

    private func expectDeclared(
      _ recording: Recording, _ name: String, _ more: [UInt64] = [], kick: Workload.Kick = .ioeventfd,
      irqchip: HostKind.IRQChip = .kernel
    ) throws {
      try #require(recording.result.status == 0, "\(recording.result.messages)")
      let workload = try #require(Workload.named(name))
      var host = try #require(LiveHost.kind)
      host.irqchip = irqchip
      let expected = workload.expectation(
        on: host, parameters: Self.parameters(workload, more), kick: kick
      ).roundTrips
      var made: [UInt32: UInt64] = [:]
      for event in try recording.events() where event.isHeavy {
        made[try #require(event.reasonNumber), default: 0] += 1
      }
      for (reason, count) in expected {
        let total = count.total(iterations: Self.operations)
        let found = made[reason.rawValue] ?? 0
        #expect(total.contains(found), "\(reason.name): \(found), declared \(total)")
      }
      #expect(Set(made.keys).isSubset(of: expected.keys.map(\.rawValue)))
    }

    @Test(arguments: names)
    func aPlansRoundTripsAreThoseItDeclares(name: String) throws {
      let recording = try record(name)
      try expectDeclared(recording, name)
      let vm = try #require(try recording.report().vms.first)
      #expect(vm["io_operations"] == "\(Self.operations)")
      #expect(vm["io_read_checksum"]?.hasPrefix("0x") == true)
      #expect(vm["io_image_checksum"]?.hasPrefix("0x") == true)
      #expect(try recording.events().count { $0.isOperation } == Int(Self.operations))
    }

    /// Directions have different counts, each exact.
    @Test(arguments: names.filter { $0.hasPrefix("disk-") }, [0, 100] as [UInt64])
    func readsAndWritesMakeTheRoundTripsTheyDeclare(name: String, writePercent: UInt64) throws {
      try expectDeclared(try record(name, [writePercent]), name, [writePercent])
    }

    @Test(arguments: withKicks)
    func aKickIsARoundTripWhereItIsNoIOEventFD(name: String) throws {
      let byExit = try record(name, options: ["--kick", "exit"])
      try expectDeclared(byExit, name, kick: .exit)
      let kernel = try record(name)
      let difference = try byExit.report().totals.heavy - kernel.report().totals.heavy
      #expect((1...Self.operations + 1).contains(difference))
    }

    @Test func aBatchOfRequestsIsKickedOnce() throws {
      let recording = try record("disk-virtio", [50, 0, 16], options: ["--kick", "exit"])
      try expectDeclared(recording, "disk-virtio", [50, 0, 16], kick: .exit)
      #expect(try recording.events().count { $0.isOperation } == 2)
    }

    /// Sent only, received only; each with one frame at a time and with eight.
    @Test(arguments: names.filter { $0.hasPrefix("net-") }, [100, 0] as [UInt64])
    func aStreamMakesTheRoundTripsItDeclares(name: String, share: UInt64) throws {
      for depth in [1, 8] as [UInt64] {
        let recording = try record(name, [share, depth])
        try expectDeclared(recording, name, [share, depth])
        #expect(try recording.events().count { $0.isOperation } == Int(Self.operations / depth))
      }
    }

    @Test(arguments: names.filter { $0.hasPrefix("net-") }, [100, 0] as [UInt64])
    func aWrongBitOfAStreamFailsByName(name: String, share: UInt64) throws {
      let recording = try record(name, [share, 8], options: ["--inject-corruption", "9"])
      #expect(recording.result.status == 1, "\(recording.result.messages)")
      #expect(recording.result.messages.contains("operation 8, "), "\(recording.result.messages)")
    }

    /// Without a PIC and with the I/O APIC in this program, the data as planned by the same devices.
    @Test(arguments: names)
    func aPlanOnTheSplitIRQChipMakesTheRoundTripsItDeclares(name: String) throws {
      let recording = try record(name, options: ["--irqchip", "split"])
      try expectDeclared(recording, name, irqchip: .split)
      #expect(try recording.report().vms.first?["irqchip"] == "split")
    }

    @Test func theSplitIRQChipTakesWritesToTheIOAPICAndItsEOIs() throws {
      let parameters: [UInt64] = [100, 1, 1]
      try expectDeclared(try record("net-e1000", parameters), "net-e1000", parameters)
      let recording = try record("net-e1000", parameters, options: ["--irqchip", "split"])
      try expectDeclared(recording, "net-e1000", parameters, irqchip: .split)
    }

    @Test(arguments: ["irq-inject-line", "irq-inject-irqfd", "ipi"])
    func interruptsComeOnTheSplitIRQChipToo(name: String) throws {
      let recording = try Recording(name, iterations: 100, ["--irqchip", "split"])
      #expect(recording.result.status == 0, "\(recording.result.messages)")
    }

    @Test(.enabled(if: access("/dev/vhost-net", F_OK) != 0, "this host has vhost-net"))
    func vhostNetThatIsMissingIsNamed() throws {
      let recording = try record("net-virtio", options: ["--net", "srv\(getpid() % 100_000),vhost"])
      #expect(recording.result.status == 3, "\(recording.result.messages)")
      #expect(recording.result.messages.contains("--net: "), "\(recording.result.messages)")
    }

    @Test(arguments: ["disk-", "net-", "console-"])
    func devicesOfAKindAgreeOnEachByte(kind: String) throws {
      var found: Set<[String?]> = []
      for name in Self.names where name.hasPrefix(kind) {
        let vm = try #require(try record(name).report().vms.first)
        found.insert([vm["io_read_checksum"], vm["io_image_checksum"]])
      }
      #expect(found.count == 1)
      #expect(found.first?.contains(nil) == false)
    }

    @Test(arguments: names)
    func aWrongBitFailsByName(name: String) throws {
      let recording = try record(name, options: ["--inject-corruption", "9"])
      #expect(recording.result.status == 1, "\(recording.result.messages)")
      #expect(recording.result.messages.contains("\(name): failed: "), "\(recording.result.messages)")
      #expect(recording.result.messages.contains("operation "))
      let vm = try #require(try recording.report().vms.first)
      #expect(vm["outcome"]?.hasPrefix("failed: ") == true)
    }

    @Test(arguments: [
      ["disk-virtio", "--parameter", "500"],
      [
        "disk-virtio", "--iterations", "3", "--parameter", "512",
        "--parameter", "1", "--parameter", "50", "--parameter", "0", "--parameter", "2",
      ],
      ["net-virtio", "--parameter", "2000"], ["console-16550", "--kick", "exit"],
      ["pio-pit", "--irqchip", "split"], ["net-e1000", "--net", "srt0,vhost"],
      ["net-virtio", "--net", "srt0"], ["net-virtio", "--net", "srt0,vhost,e1000"],
      ["net-virtio", "--net", "srt0,vhost", "--net", "srt1,vhost"],
      ["net-virtio", "--net", "srt0,vhost", "--iterations", "513"],
    ])
    func aPlanThatCannotBePerformedIsRefused(arguments: [String]) throws {
      let directory = try TemporaryDirectory()
      let result = try SortieTool.run(["record"] + arguments + ["-o", directory.file("run.sortie")])
      #expect(result.status == 2, "\(result.messages)")
    }

    @Test func aGuestWithAPlanThatIsRunByItsPathSaysWhatItLacks() throws {
      let recording = try Recording(
        try SortieTool.image("disk-virtio"), iterations: 1, ["--console", "-"])
      #expect(recording.result.messages.contains("no I/O plan"), "\(recording.result.messages)")
      #expect(try #require(recording.report().vms.first)["exit_status"] == "69")
    }
  }
}
