import Testing
import WorkloadCatalog

@Suite struct SystemWorkloadTests {
  static let emulated = HostKind(.emulated, kernel: HostKind.KernelVersion(6, 18))
  static let svm = HostKind(.svm, kernel: HostKind.KernelVersion(6, 1))
  static let vmx = HostKind(.vmx, kernel: HostKind.KernelVersion(6, 18))

  private func expectation(
    _ name: String, _ parameters: [UInt64] = [], on host: HostKind
  ) throws -> WorkloadCatalog.Expectation {
    try #require(Workload.named(name)).expectation(on: host, parameters: parameters)
  }

  /// `kvm_exit` events by reason in 1,000 iterations, counted on Linux 6.1 with kvm-amd (SVM with nested paging and
  /// without a pause filter).
  @Test(
    arguments: [
      ("wbinvd", [], HardwareExit.wbinvd, 1000), ("invlpg", [], .invlpg, 0),
      ("cr-write", [], .writeCR0, 1000),
      ("cr-write", [3], .writeCR3, 0), ("cr-write", [4], .writeCR4, 1000), ("cr-write", [4], .readCR4, 1),
      ("dr-write", [], .cpuid, 1000), ("exception-ud", [], .invalidOpcode, 1000),
      ("pause-loop", [], .pause, 0),
      ("io-string-in", [], .io, 1000), ("xsetbv", [], .cpuid, 1), ("xsetbv", [], .readCR4, 1),
      ("xsetbv", [], .writeCR4, 1),
    ] as [(String, [UInt64], HardwareExit, UInt64)])
  func lightExitsAreThoseOfSVM(
    name: String, parameters: [UInt64], exit: HardwareExit, measured: UInt64
  ) throws {
    let light = try expectation(name, parameters, on: Self.svm).lightExits
    #expect(light[exit]?.total(iterations: 1000) == measured...measured)
  }

  /// Counted in the same runs: a few writes of DR0 met an interrupt between their exit and their second execution, and
  /// 14 pages beside the log's were touched for the first time.
  @Test func exitsThatTheHostHasAHandInLieInTheirRanges() throws {
    let each = try expectation("dr-write", on: Self.svm).lightExits[.writeDR0]
    #expect(each?.total(iterations: 1000).contains(1005) == true)
    #expect(each?.total(iterations: 1000).contains(999) == false)
    let faults = try expectation("page-dirty-log", on: Self.svm).lightExits[.pageFault]
    #expect(faults?.total(iterations: 1000).contains(1270) == true)
    #expect(faults?.total(iterations: 1000).contains(1255) == false, "each write, and each page of the log")
  }

  /// As counted on Linux 6.1 (SVM) and on 6.18 (emulated).
  @Test(arguments: [emulated, svm, vmx])
  func stringReadsTakeARoundTripAPageAndAReadAhead(host: HostKind) throws {
    func trips(_ parameters: [UInt64]) throws -> ClosedRange<UInt64> {
      try expectation("io-string-in", parameters, on: host).roundTripTotal(iterations: 1000)
    }
    #expect(try trips([]) == 1001...1001)
    #expect(try trips([256, 128]) == 1001...1001)
    #expect(try trips([256, 64]) == 2001...2001)
    #expect(try trips([2048]) == 4001...4001)
    #expect(try trips([.max, .max]) == 4001...4001)
  }

  @Test(arguments: [emulated, svm, vmx])
  func theDirtyLogIsTakenBeforeTheFirstWriteAndAfterEachRound(host: HostKind) throws {
    let taken = try expectation("page-dirty-log", on: host)
    #expect(taken.roundTripTotal(iterations: 255) == 2...2)
    #expect(taken.roundTripTotal(iterations: 256) == 3...3)
    #expect(taken.roundTripTotal(iterations: 1000) == 5...5)
    #expect(taken.tracepoints[.pio]?.total(iterations: 1000) == 5...5)
  }

  @Test func aProcessorThatLogsDirtyPagesItselfNeedNotExit() throws {
    let faults = try #require(try expectation("page-dirty-log", on: Self.vmx).lightExits[.pageFault])
    #expect(faults.total(iterations: 1000).contains(300))
    #expect(faults.total(iterations: 1000).contains(1300))
  }

  @Test func pausesExitOnlyWhereTheProcessorWatchesThem() throws {
    let watching = HostKind(.svm, pauseLoopExits: true)
    #expect(
      try expectation("pause-loop", [10], on: watching).lightExits[.pause]?.total(iterations: 5) == 0...50)
    #expect(
      try expectation("pause-loop", [10], on: Self.vmx).lightExits[.pause]?.total(iterations: 5) == 0...0)
  }

  @Test func anEmulatedProcessorMayNotKnowTheInterceptOfXSETBV() throws {
    func exits(_ host: HostKind) throws -> ClosedRange<UInt64>? {
      try expectation("xsetbv", on: host).lightExits[.xsetbv]?.total(iterations: 1000)
    }
    #expect(try exits(HostKind(.svm, emulatedProcessor: true)) == 0...1000)
    #expect(try exits(Self.svm) == 1000...1000)
    #expect(try exits(Self.vmx) == 1000...1000)
  }

  @Test func backToBackWritesOfDebugRegistersShareAnExit() throws {
    let light = try expectation("dr-write", [1], on: Self.svm).lightExits
    #expect(light[.writeDR0]?.total(iterations: 1000).contains(1) == true)
    #expect(light[.cpuid] == nil)
  }

  /// Reasons with one number for several of the catalog's exits.
  @Test func controlRegistersHaveOneReasonOnVMXAndTheirOwnOnSVM() {
    let exits: [HardwareExit] = [.writeCR0, .writeCR3, .readCR4, .writeCR4]
    #expect(Set(exits.compactMap { $0.reason(on: .vmx) }) == [28])
    #expect(Set(exits.compactMap { $0.reason(on: .svm) }).count == exits.count)
  }
}
