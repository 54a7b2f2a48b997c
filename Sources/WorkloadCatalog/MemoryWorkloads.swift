extension Workload {
  /// Operations on memory addresses.
  static let memoryWorkloads: [Workload] = [
    Workload(
      name: "mmio-write",
      summary: "a memory-mapped write that user space handles",
      details: """
        MOV of 4 bytes to a register page at 0xd0000000. The second-level page tables have no page there; KVM must \
        decode the instruction before it can return KVM_EXIT_MMIO, which a port write does not need. One heavy exit \
        and one round trip an iteration.
        """,
      defaultIterations: 10_000,
      parameters: [Parameter(index: 0, meaning: "value written", defaultValue: 0x5a5a_5a5a)],
      requirements: [.latchPages],
      expect: { host, _ in heavyMMIO(roundTrips: 1, events: 1, on: host) }),
    Workload(
      name: "mmio-read",
      summary: "a memory-mapped read that user space answers",
      details: """
        MOV of 4 bytes from a register page at 0xd0000000. KVM decodes the instruction, returns KVM_EXIT_MMIO, and \
        emulates it again with the answer when the vCPU is run. One heavy exit and one round trip an iteration.
        """,
      defaultIterations: 10_000,
      requirements: [.latchPages],
      expect: { host, _ in heavyMMIO(roundTrips: 1, events: 2, on: host) }),
    Workload(
      name: "mmio-crossing",
      summary: "a memory-mapped write across a page: two round trips in one exit",
      details: """
        MOV of 8 bytes to 0xd0000ffc, four on each of two register pages. KVM splits the access at the page and \
        returns to user space for each half before it re-enters the guest: one heavy exit, two round trips.
        """,
      defaultIterations: 10_000,
      parameters: [Parameter(index: 0, meaning: "value written", defaultValue: 0x5a5a_5a5a_5a5a_5a5a)],
      requirements: [.latchPages],
      expect: { host, _ in heavyMMIO(roundTrips: 2, events: 2, on: host) }),
    Workload(
      name: "mmio-ioeventfd",
      summary: "a memory-mapped write that KVM turns into an eventfd signal",
      details: """
        MOV of 4 bytes to 0xd0006000, which has an ioeventfd: KVM decodes the instruction, signals the eventfd and \
        re-enters the guest. One light exit an iteration and no round trip.
        """,
      defaultIterations: 10_000,
      requirements: [.ioeventfdMMIO],
      expect: { host, _ in
        var expectation = Expectation(on: host)
        expectation.expectLight(.mmio, accesses(on: host), on: host)
        expectation.tracepoints[.mmio] = ExpectedCount(perIteration: 1)
        return expectation
      }),
    Workload(
      name: "page-first-touch",
      summary: "the first write to a page that the host has not backed yet",
      details: """
        MOV of one byte to the next 4 KiB page of untouched memory. The host's page fault handler finds a page and \
        zeroes it, and KVM maps it: one light exit an iteration and no round trip. A host that emulates guest code \
        takes the fault itself, in the middle of the instruction.
        """,
      defaultIterations: 4_096,
      requirements: [.coldMemory],
      expect: { host, _ in
        var expectation = Expectation(on: host)
        let faults = ExpectedCount(perIteration: 1...1, fixed: 0...ownPages)
        expectation.expectLight(.pageFault, faults, on: host)
        if host.hasHardwareExits { expectation.tracepoints[.pageFault] = faults }
        return expectation
      }),
  ]

  /// - Parameters:
  ///   - roundTrips: returns of `KVM_RUN` an iteration, all in one exit.
  ///   - events: `kvm_mmio` an iteration; a read counts as unsatisfied and again when it is completed.
  private static func heavyMMIO(roundTrips: Int64, events: Int64, on host: HostKind) -> Expectation {
    var expectation = Expectation(on: host)
    expectation.roundTrips[.mmio] = ExpectedCount(perIteration: roundTrips)
    expectation.expectHeavy(.mmio, accesses(on: host), on: host)
    expectation.tracepoints[.mmio] = ExpectedCount(perIteration: events)
    return expectation
  }

  /// VMX: the first access to the page is an EPT violation, after which KVM plants an entry that makes every
  /// further one an EPT misconfiguration. SVM reports both as nested page faults.
  private static func accesses(on host: HostKind) -> ExpectedCount {
    ExpectedCount(perIteration: 1...1, fixed: host.execution == .vmx ? -1...0 : 0...0)
  }
}
