extension Workload {
  /// Instructions for operating systems, which some hosts intercept and others leave to the processor.
  static let systemWorkloads: [Workload] = [
    Workload(
      name: "wbinvd",
      summary: "WBINVD, which KVM swallows",
      details: """
        WBINVD, write back and invalidate the caches: KVM intercepts it and, while no device with DMA of its own is \
        assigned to the guest, does nothing. One light exit an iteration and no round trip.
        """,
      defaultIterations: 10_000,
      expect: { host, _ in light(.wbinvd, on: host) }),
    Workload(
      name: "invlpg",
      summary: "INVLPG, which the processor executes by itself",
      details: """
        INVLPG of one page. With a second level of page tables (EPT, NPT) KVM has no interest in the guest's own \
        tables and lets it execute: no exit at all, and a span that shows what the instruction costs in a guest.
        """,
      defaultIterations: 10_000,
      expect: { host, _ in light(.invlpg, count: 0, on: host) }),
    Workload(
      name: "cr-write",
      summary: "MOV to a control register",
      details: """
        MOV to CR0 with AM flipped, or to CR4 with MCE flipped, bits that KVM keeps to itself on every processor: one \
        light exit an iteration and no round trip. A MOV to CR3 does not exit where there is a second level of page \
        tables (EPT, NPT).
        """,
      defaultIterations: 10_000,
      parameters: [Parameter(index: 0, meaning: "number of the register: 0, 3 or 4", defaultValue: 0)],
      expect: { host, values in controlRegister(values[0], on: host) }),
    Workload(
      name: "dr-write",
      summary: "MOV to a debug register, and the exit that makes room for it",
      details: """
        MOV to DR0. At the first access KVM stops intercepting and lets the guest have the processor's debug \
        registers until its next exit, when it reads them back and intercepts again: one light exit for each time \
        that the guest has left. Here a CPUID after every write, outside of the stamps, makes it leave. With \
        parameter 0 = 1 the writes come back to back, and all but the first are the processor's own business.
        """,
      defaultIterations: 10_000,
      parameters: [
        Parameter(index: 0, meaning: "1: back to back, otherwise a CPUID after each write", defaultValue: 0)
      ],
      expect: { host, values in debugRegister(backToBack: values[0] == 1, on: host) }),
    Workload(
      name: "xsetbv",
      summary: "XSETBV, the choice of the extended state in use",
      details: """
        XSETBV of XCR0. VMX exits unconditionally, SVM because KVM asks for it, and KVM checks the value: one light \
        exit an iteration and no round trip. Besides, KVM must then load the guest's XCR0 and the host's own around \
        every stay in the guest. The processor that QEMU 7.2 emulates does not know the intercept: no exit there.
        """,
      defaultIterations: 10_000,
      parameters: [Parameter(index: 0, meaning: "value written to XCR0", defaultValue: 1)],
      requirements: [.xsave],
      expect: { host, _ in
        var expectation = Expectation(on: host)
        let least: Int64 = host.emulatedProcessor ? 0 : 1
        expectation.expectLight(.xsetbv, ExpectedCount(perIteration: least...1), on: host)
        // Besides: whether there is XSAVE, and CR4.OSXSAVE.
        let once = ExpectedCount(perIteration: 0, fixed: 1)
        expectation.expectLight(.cpuid, once, on: host)
        expectation.tracepoints[.cpuid] = once
        expectation.expectLight(.writeCR4, once, on: host)
        expectation.expectReadCR4(on: host)
        return expectation
      }),
    Workload(
      name: "exception-ud",
      summary: "an invalid opcode, up to the return of the guest's handler",
      details: """
        UD2, and the guest's handler for the exception. KVM intercepts it, in case the instruction is one that it \
        emulates (a hypercall of the other vendor), finds that it is not, and injects the exception: one light exit \
        an iteration and no round trip.
        """,
      defaultIterations: 5_000,
      expect: { host, _ in light(.invalidOpcode, on: host) }),
    Workload(
      name: "pause-loop",
      summary: "a spinning lock's PAUSE, again and again",
      details: """
        PAUSE, 1,000 times an iteration. A processor with pause-loop exiting (VMX) or a pause filter with a threshold \
        (SVM) leaves the guest when it has spun for a while, so that the host can run another vCPU; KVM waits twice \
        as long after each such exit. Light exits are few, and none where the processor cannot or KVM does not want.
        """,
      defaultIterations: 50,
      parameters: [Parameter(index: 0, meaning: "PAUSE instructions an iteration", defaultValue: 1_000)],
      expect: { host, values in
        var expectation = Expectation(on: host)
        // How soon is for the module's parameters and the processor's idea of a loop to say.
        let most = host.pauseLoopExits ? Int64(clamping: values[0]) : 0
        expectation.expectLight(.pause, ExpectedCount(perIteration: 0...most), on: host)
        return expectation
      }),
    Workload(
      name: "io-string-in",
      summary: "a string read from a port: one round trip for many words",
      details: """
        REP INSW of 256 words from port 0xe4. KVM's emulator reads ahead: it asks user space for up to 1,024 bytes at \
        once, but for no more words than there are bytes left in the page. So one round trip brings all of them, or \
        two where the buffer begins near the end of a page. Besides a light exit, to find the count at 0.
        """,
      defaultIterations: 1_000,
      parameters: [
        Parameter(index: 0, meaning: "words per instruction, at most 2048", defaultValue: 256),
        Parameter(index: 1, meaning: "words before a page boundary, at most 2048", defaultValue: 0),
      ],
      requirements: [.stringPorts],
      expect: { host, values in stringRead(values, on: host) }),
    Workload(
      name: "page-dirty-log",
      summary: "the first write to a page since its dirty log was taken",
      details: """
        MOV of one byte to the next of 256 pages in a memory slot with KVM_MEM_LOG_DIRTY_PAGES. KVM took away the \
        right to write when user space took the log, finds the write by its fault, logs the page and gives the right \
        back: one light exit an iteration, what live migration costs a guest. When all pages were written the guest \
        has the machine take the log (KVM_GET_DIRTY_LOG), outside of the stamps: one heavy exit. A processor with \
        page-modification logging (VMX) logs writes without an exit; a host that emulates guest code logs them as it \
        emulates.
        """,
      defaultIterations: 10_240,
      requirements: [.dirtyLog],
      expect: { host, _ in dirtyLog(on: host) }),
  ]

  /// `count` light exits an iteration, and the debug exit.
  private static func light(
    _ exit: HardwareExit, count: Int64 = 1, on host: HostKind
  ) -> Expectation {
    var expectation = Expectation(on: host)
    expectation.expectLight(exit, ExpectedCount(perIteration: count), on: host)
    return expectation
  }

  private static func controlRegister(_ number: UInt64, on host: HostKind) -> Expectation {
    switch number {
    case 3: return light(.writeCR3, count: 0, on: host)
    case 4:
      var expectation = light(.writeCR4, on: host)
      expectation.expectReadCR4(on: host)
      return expectation
    default: return light(.writeCR0, on: host)
    }
  }

  /// Where a host's interrupt comes between the exit of a write and its second execution, KVM intercepts again.
  private static func debugRegister(backToBack: Bool, on host: HostKind) -> Expectation {
    var expectation = Expectation(on: host)
    if backToBack {
      expectation.expectLight(.writeDR0, ExpectedCount(perIteration: 0...1, fixed: 0...1), on: host)
    } else {
      expectation.expectLight(.writeDR0, ExpectedCount(perIteration: 1...2), on: host)
      expectation.expectLight(.cpuid, ExpectedCount(perIteration: 1), on: host)
      expectation.tracepoints[.cpuid] = ExpectedCount(perIteration: 1)
    }
    return expectation
  }

  /// KVM reads ahead up to 1024 bytes, and no more elements than bytes are left in the page (`pio_in_emulated`). When
  /// they are stored it re-enters the guest with an instruction that has nothing left to do.
  private static func stringRead(_ values: [UInt64], on host: HostKind) -> Expectation {
    var remaining = min(values[0], 2048)
    var offset = (4096 - 2 * min(values[1], 2048)) & 4095
    var each: Int64 = 0
    while remaining > 0 {
      let read = min(4096 - offset, 512, remaining)
      remaining -= read
      offset = (offset + 2 * read) & 4095
      each += 1
    }
    let trips = ExpectedCount(perIteration: each, fixed: 1)
    var expectation = Expectation(on: host)
    expectation.roundTrips[.io] = trips
    expectation.expectHeavy(.io, trips, on: host)
    expectation.expectLight(.io, ExpectedCount(perIteration: 1), on: host)
    expectation.tracepoints[.pio] = trips
    return expectation
  }

  /// Besides: the first write to each page, the log taken then, and the first touch of the guest's own pages.
  private static func dirtyLog(on host: HostKind) -> Expectation {
    let pages = Int64(Self.dirtyLogPages)
    var expectation = Expectation(on: host)
    let trips = ExpectedCount(oncePer: pages...pages, fixed: 2)
    expectation.roundTrips[.io] = trips
    expectation.expectHeavy(.io, trips, on: host)
    expectation.tracepoints[.pio] = trips
    let faults = ExpectedCount(
      perIteration: (host.execution == .vmx ? 0 : 1)...1, fixed: pages...(pages + ownPages))
    expectation.expectLight(.pageFault, faults, on: host)
    if host.hasHardwareExits { expectation.tracepoints[.pageFault] = faults }
    return expectation
  }
}

extension Expectation {
  /// A MOV from CR4 in the set-up: VMX reads from a shadow.
  fileprivate mutating func expectReadCR4(on host: HostKind) {
    expectLight(.readCR4, ExpectedCount(perIteration: 0, fixed: host.execution == .svm ? 1 : 0), on: host)
  }
}
