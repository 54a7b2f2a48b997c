import Testing
import WorkloadCatalog

@Suite struct ExpectationTests {
  static let emulated = HostKind(.emulated, kernel: HostKind.KernelVersion(6, 18))
  static let svm = HostKind(.svm, kernel: HostKind.KernelVersion(6, 1))

  /// Round trips of 1,000 iterations, as a machine written in C for the purpose made them on Linux 6.18.
  @Test(arguments: [
    ("empty", 1), ("pio-write", 1001), ("pio-read", 1001), ("pio-string", 16001), ("pio-uart", 1001),
    ("pio-pit", 1), ("pio-coalesced", 6), ("pio-ioeventfd", 1), ("mmio-write", 1001), ("mmio-read", 1001),
    ("mmio-crossing", 2001), ("mmio-ioeventfd", 1), ("cpuid", 1), ("msr-read", 1), ("msr-write", 1),
    ("msr-filtered", 1001), ("page-first-touch", 1), ("tsc-deadline", 1), ("hlt-timer", 1),
    ("apic-self-ipi", 1),
    ("ipi", 1), ("ipi-halt", 1), ("nmi", 1), ("irq-inject-irqfd", 1), ("irq-inject-line", 1001),
    ("apic-eoi", 1),
    ("apic-tpr", 1), ("apic-tpr-cr8", 1), ("x2apic", 1), ("xapic", 1),
  ])
  func roundTripsAreThoseOfAnEmulatingHost(name: String, measured: UInt64) throws {
    let expectation = try #require(Workload.named(name)).expectation(on: Self.emulated)
    #expect(expectation.roundTripTotal(iterations: 1000) == measured...measured)
  }

  /// Tracepoint events of 1,000 iterations, counted in a tracefs instance on Linux 6.18.
  @Test(arguments: [
    ("pio-pit", Tracepoint.pio, 1001), ("pio-coalesced", .pio, 1001), ("pio-string", .pio, 16001),
    ("mmio-write", .mmio, 1000), ("mmio-read", .mmio, 2000), ("mmio-crossing", .mmio, 2000),
    ("mmio-ioeventfd", .mmio, 1000), ("cpuid", .cpuid, 1000), ("msr-read", .msr, 1000),
    ("msr-write", .msr, 1000),
    ("tsc-deadline", .msr, 1005), ("tsc-deadline", .apic, 2), ("tsc-deadline", .cpuid, 2),
    ("hlt-timer", .msr, 2004), ("hlt-timer", .apic, 2002), ("hlt-timer", .cpuid, 2),
    ("apic-self-ipi", .msr, 2003), ("apic-self-ipi", .apic, 3001), ("apic-self-ipi", .apicIPI, 1000),
    ("apic-self-ipi", .cpuid, 1), ("ipi", .msr, 2010), ("ipi", .apic, 3004), ("ipi", .apicIPI, 1002),
    ("ipi", .cpuid, 2),
  ])
  func tracepointsAreThoseOfAnEmulatingHost(name: String, tracepoint: Tracepoint, measured: UInt64) throws {
    let expectation = try #require(Workload.named(name)).expectation(on: Self.emulated)
    #expect(expectation.tracepoints[tracepoint]?.total(iterations: 1000) == measured...measured)
  }

  /// `kvm_exit` events by reason in 1,000 iterations, counted on Linux 6.1 with kvm-amd (SVM without AVIC).
  @Test(arguments: [
    ("empty", HardwareExit.io, 1), ("pio-write", .io, 1001), ("pio-read", .io, 1001),
    ("pio-string", .io, 17001),
    ("pio-uart", .io, 1001), ("pio-pit", .io, 1001), ("pio-ioeventfd", .io, 1001),
    ("mmio-write", .mmio, 1000),
    ("mmio-read", .mmio, 1000), ("mmio-crossing", .mmio, 1000), ("mmio-ioeventfd", .mmio, 1000),
    ("cpuid", .cpuid, 1000), ("hypercall", .hypercall, 1000), ("tsc-deadline", .cpuid, 2),
    ("hlt-timer", .hlt, 1000), ("irq-inject-irqfd", .io, 1001), ("irq-inject-line", .io, 1001),
    ("nmi", .iret, 1000),
    ("hypercall-kick", .hypercall, 1000), ("hypercall-kick", .cpuid, 3), ("ipi-halt", .readCR4, 1),
    ("ipi-halt", .writeCR4, 1), ("ipi-halt", .writeShadowedCR0, 1),
  ])
  func hardwareExitsAreThoseOfSVM(name: String, exit: HardwareExit, measured: UInt64) throws {
    let expectation = try #require(Workload.named(name)).expectation(on: Self.svm)
    let heavy = expectation.heavyExits[exit]?.total(iterations: 1000) ?? 0...0
    let light = expectation.lightExits[exit]?.total(iterations: 1000) ?? 0...0
    #expect(heavy.lowerBound + light.lowerBound == measured)
    #expect(heavy.upperBound + light.upperBound == measured)
  }

  /// SVM has one exit reason for both directions of an MSR access; counted as above.
  @Test(arguments: [
    ("msr-read", 1000), ("msr-write", 1000), ("msr-filtered", 1000), ("tsc-deadline", 1005),
    ("hlt-timer", 2004),
    ("apic-self-ipi", 2003), ("ipi", 2010), ("ipi-halt", 2010), ("hypercall-kick", 10), ("nmi", 1003),
    ("irq-inject-irqfd", 1003), ("irq-inject-line", 1003), ("apic-eoi", 2004), ("x2apic", 1003),
    ("apic-tpr-cr8", 5),
  ])
  func registerExitsAreThoseOfSVM(name: String, measured: UInt64) throws {
    let expectation = try #require(Workload.named(name)).expectation(on: Self.svm)
    let counts = [HardwareExit.readMSR, .writeMSR].flatMap {
      [expectation.heavyExits[$0], expectation.lightExits[$0]].compactMap { $0?.total(iterations: 1000) }
    }
    #expect(counts.map(\.lowerBound).reduce(0, +) == measured)
    #expect(counts.map(\.upperBound).reduce(0, +) == measured)
  }

  /// Tracepoint events of the same runs.
  @Test(arguments: [
    ("apic-self-ipi", Tracepoint.apic, 2001), ("apic-self-ipi", .msr, 2003),
    ("apic-self-ipi", .apicIPI, 1000),
    ("hlt-timer", .apic, 1002), ("hlt-timer", .msr, 2004), ("ipi", .apic, 2004), ("ipi", .msr, 2010),
    ("ipi", .apicIPI, 1002), ("tsc-deadline", .msr, 1005), ("pio-string", .pio, 16001),
    ("mmio-read", .mmio, 2000), ("mmio-crossing", .mmio, 2000), ("hypercall", .hypercall, 1000),
    ("nmi", .apic, 1001), ("nmi", .apicIPI, 1000), ("nmi", .msr, 1003), ("irq-inject-irqfd", .apic, 1001),
    ("irq-inject-irqfd", .pio, 1001), ("irq-inject-line", .apic, 1001), ("irq-inject-line", .pio, 1001),
    ("irq-inject-line", .mmio, 2), ("apic-eoi", .apic, 2002), ("apic-eoi", .apicIPI, 1001),
    ("apic-tpr", .apic, 1001),
    ("apic-tpr", .mmio, 1001), ("apic-tpr-cr8", .apic, 3), ("x2apic", .apic, 1001), ("xapic", .apic, 1001),
    ("xapic", .mmio, 1001), ("ipi-halt", .apic, 2004), ("ipi-halt", .apicIPI, 1002),
    ("hypercall-kick", .apic, 4),
    ("hypercall-kick", .apicIPI, 2), ("hypercall-kick", .hypercall, 1000),
  ])
  func tracepointsAreThoseOfSVM(name: String, tracepoint: Tracepoint, measured: UInt64) throws {
    let expectation = try #require(Workload.named(name)).expectation(on: Self.svm)
    #expect(expectation.tracepoints[tracepoint]?.total(iterations: 1000) == measured...measured)
  }

  /// The same register by another way, told by parameter 0; counted as above.
  @Test(arguments: [("apic-self-ipi", 2001), ("apic-eoi", 2002)])
  func memoryMappedAPICIsAPageAccessOnSVM(name: String, measured: UInt64) throws {
    let expectation = try #require(Workload.named(name)).expectation(on: Self.svm, parameters: [1])
    #expect(expectation.lightExits[.apicAccess]?.total(iterations: 1000) == measured...measured)
    #expect(expectation.tracepoints[.mmio]?.total(iterations: 1000) == measured...measured)
    #expect(expectation.lightExits[.writeMSR] == nil)
  }

  @Test func taskPriorityIsWrittenByThreeWays() throws {
    let priority = try #require(Workload.named("apic-tpr"))
    let inMemory = priority.expectation(on: Self.svm)
    #expect(inMemory.lightExits[.apicAccess]?.total(iterations: 1000) == 1001...1001)
    let byMSR = priority.expectation(on: Self.svm, parameters: [1])
    #expect(byMSR.lightExits[.apicAccess] == nil)
    #expect(byMSR.lightExits[.writeMSR]?.total(iterations: 1000) == 1002...1002)
    // With a TPR shadow the processor serves them all.
    let vmx = HostKind(.vmx)
    #expect(priority.expectation(on: vmx).lightExits[.apicAccess]?.total(iterations: 1000).lowerBound == 1)
    let control = try #require(Workload.named("apic-tpr-cr8"))
    for host in [vmx, Self.svm] {
      let exits = control.expectation(on: host).lightExits.values
      #expect(exits.allSatisfy { $0.total(iterations: 0) == $0.total(iterations: 1000) })
    }
  }

  /// Virtual NMIs, which save the IRET's exit, came with 6.4.
  @Test func interceptionOfIRETDependsOnTheKernel() throws {
    let interrupt = try #require(Workload.named("nmi"))
    #expect(interrupt.expectation(on: Self.svm).lightExits[.iret]?.total(iterations: 1000) == 1000...1000)
    let newer = HostKind(.svm, kernel: HostKind.KernelVersion(6, 12))
    #expect(interrupt.expectation(on: newer).lightExits[.iret]?.total(iterations: 1000) == 0...1000)
    #expect(interrupt.expectation(on: HostKind(.vmx)).lightExits[.iret] == nil)
  }

  @Test func firstTouchesAndCoalescedWritesLieInTheirRangesOnSVM() throws {
    let touch = try #require(Workload.named("page-first-touch")).expectation(on: Self.svm)
    #expect(touch.lightExits[.pageFault]?.total(iterations: 1000).contains(1014) == true)
    let coalesced = try #require(Workload.named("pio-coalesced")).expectation(on: Self.svm)
    #expect(coalesced.roundTripTotal(iterations: 1000).contains(7))
  }

  @Test func filteredRegisterLeavesTheMSRTracepointSilent() throws {
    let expectation = try #require(Workload.named("msr-filtered")).expectation(on: Self.emulated)
    #expect(expectation.tracepoints[.msr] == nil)
    #expect(expectation.roundTrips[.readMSR]?.total(iterations: 7) == 7...7)
  }

  @Test func stringLengthAndDirectionDecideTheRoundTrips() throws {
    let string = try #require(Workload.named("pio-string"))
    func trips(_ parameters: [UInt64]) -> ClosedRange<UInt64> {
      string.expectation(on: Self.emulated, parameters: parameters).roundTripTotal(iterations: 10)
    }
    #expect(trips([]) == 161...161)
    #expect(trips([256]) == 2561...2561)
    #expect(trips([.max]) == 40961...40961)
    #expect(trips([256, 1]) == 11...11)
    #expect(trips([4096, 1]) == 41...41)
  }

  @Test func memoryMappedAPICTakesNoMSR() throws {
    let ipi = try #require(Workload.named("apic-self-ipi"))
    let expectation = ipi.expectation(on: Self.emulated, parameters: [1])
    #expect(expectation.tracepoints[.msr] == nil)
    #expect(expectation.tracepoints[.cpuid] == nil)
    #expect(expectation.tracepoints[.mmio]?.total(iterations: 1000) == 2001...2001)
    #expect(expectation.tracepoints[.apic]?.total(iterations: 1000) == 3001...3001)
  }

  /// Kernels before 6.12 misjudge the ring as full: a simulation of their arithmetic gave 592 in 100,000 writes.
  @Test func coalescedRingFillsEarlierOnOldKernels() throws {
    let coalesced = try #require(Workload.named("pio-coalesced"))
    let trips = coalesced.expectation(on: Self.svm).roundTripTotal(iterations: 100_000)
    #expect(trips.contains(593))
    #expect(coalesced.expectation(on: HostKind(.svm)).roundTripTotal(iterations: 170) == 2...2)
    #expect(coalesced.expectation(on: Self.emulated).roundTripTotal(iterations: 169) == 1...1)
    #expect(coalesced.expectation(on: Self.emulated).roundTripTotal(iterations: 170) == 2...2)
  }

  @Test func heavyAndLightExitsAreToldApartInHardware() throws {
    let svm = Self.svm
    let write = try #require(Workload.named("pio-write")).expectation(on: svm)
    #expect(write.heavyExits[.io]?.total(iterations: 1000) == 1001...1001)
    #expect(write.lightExits.isEmpty)
    let crossing = try #require(Workload.named("mmio-crossing")).expectation(on: svm)
    #expect(crossing.heavyExits[.mmio]?.total(iterations: 1000) == 1000...1000)
    #expect(crossing.roundTrips[.mmio]?.total(iterations: 1000) == 2000...2000)
    let cpuid = try #require(Workload.named("cpuid")).expectation(on: svm)
    #expect(cpuid.lightExits[.cpuid]?.total(iterations: 1000) == 1000...1000)
    let hypercall = try #require(Workload.named("hypercall")).expectation(on: svm)
    #expect(hypercall.lightExits[.hypercall]?.total(iterations: 1000) == 1000...1000)
  }

  @Test func totalsSaturateAndNeverGoBelowZero() {
    #expect(ExpectedCount(perIteration: 16).total(iterations: .max) == UInt64.max...UInt64.max)
    #expect(ExpectedCount(perIteration: 1...1, fixed: -1...0).total(iterations: 0) == 0...0)
    #expect(ExpectedCount(perIteration: 1...1, fixed: -1...0).total(iterations: 5) == 4...5)
    #expect(ExpectedCount(perIteration: 2, fixed: 3).isExact)
    #expect(!ExpectedCount(oncePer: 86...170).isExact)
  }
}
