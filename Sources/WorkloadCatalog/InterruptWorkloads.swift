extension Workload {
  /// Operations on the local APIC and what its interrupts wake.
  static let interruptWorkloads: [Workload] = [
    Workload(
      name: "apic-self-ipi",
      summary: "an interrupt to itself, up to the return of its handler",
      details: """
        WRMSR to the x2APIC's SELF_IPI register, delivery of the interrupt, and the handler's WRMSR to EOI: two \
        light exits an iteration and no round trip, none where the processor serves the APIC itself (APICv, AVIC). \
        Parameter 1 in place of x2APIC uses the memory-mapped xAPIC. On a host that emulates guest code, which \
        looks for interrupts only now and then, the guest halts to take it.
        """,
      defaultIterations: 5_000,
      parameters: [Parameter(index: 0, meaning: "1: memory-mapped xAPIC, otherwise x2APIC", defaultValue: 0)],
      requirements: [.x2APIC],
      expect: { host, values in values[0] == 1 ? selfIPIxAPIC(on: host) : selfIPIx2APIC(on: host) }),
    Workload(
      name: "tsc-deadline",
      summary: "arming the local APIC's timer",
      details: """
        WRMSR to IA32_TSC_DEADLINE of a time some minutes away, which never comes: KVM arms a timer of the host. \
        One light exit an iteration and no round trip.
        """,
      defaultIterations: 10_000,
      parameters: [
        Parameter(index: 0, meaning: "TSC cycles from the start to the deadline", defaultValue: 1 << 40)
      ],
      requirements: [.x2APIC, .tscDeadline],
      expect: { host, _ in
        var expectation = Expectation(on: host)
        // Besides: the APIC's base (read, write), SVR, the timer's LVT entry, and the disarming.
        expectation.expectMSRs(writes: 1...1, setupReads: 1, setupWrites: 4...4, on: host)
        expectation.expectCPUIDs(2, on: host)
        expectation.tracepoints[.apic] = ExpectedCount(perIteration: 0, fixed: 2)
        return expectation
      }),
    Workload(
      name: "hlt-timer",
      summary: "halt until the local APIC's timer interrupts",
      details: """
        WRMSR to IA32_TSC_DEADLINE 500,000 cycles ahead, HLT, the timer's interrupt, and its handler's EOI: three \
        light exits an iteration and no round trip. The span includes the wait; halt polling decides how the host \
        spends it.
        """,
      defaultIterations: 1_000,
      parameters: [Parameter(index: 0, meaning: "TSC cycles to the deadline", defaultValue: 500_000)],
      requirements: [.x2APIC, .tscDeadline],
      expect: { host, _ in
        var expectation = Expectation(on: host)
        expectation.expectMSRs(
          writes: (host.virtualAPIC ? 1 : 2)...2, setupReads: 1, setupWrites: 3...3, on: host)
        expectation.expectCPUIDs(2, on: host)
        expectation.expectLight(.hlt, ExpectedCount(perIteration: 1), on: host)
        expectation.expectInterrupts(sent: 0, setupWrites: 2, on: host)
        return expectation
      }),
    Workload(
      name: "ipi",
      summary: "an interrupt to another vCPU, up to the end of its handler",
      details: """
        WRMSR to the x2APIC's ICR on one vCPU, wake-up and delivery on another, which halts between interrupts, and \
        the handler's EOI there: three light exits an iteration on two vCPUs and no round trip. The next interrupt \
        comes at once, so the receiver seldom sleeps; ipi-halt waits until it does. With parameter 0 = 1 the \
        receiver spins, and nothing has to be woken.
        """,
      defaultIterations: 2_000,
      vcpus: 2,
      parameters: [
        Parameter(index: 0, meaning: "1: the receiver spins, otherwise it halts", defaultValue: 0)
      ],
      requirements: [.x2APIC],
      expect: { host, values in interprocessor(spins: values[0] == 1, on: host) }),
  ]

  private static func selfIPIx2APIC(on host: HostKind) -> Expectation {
    var expectation = Expectation(on: host)
    let writes: ClosedRange<Int64> = host.virtualAPIC ? 0...2 : 2...2
    expectation.expectX2APIC(writes: writes, on: host)
    expectation.expectInterrupts(sent: 1, setupWrites: 1, on: host)
    return expectation
  }

  /// The spurious vector once, ICR and EOI in each iteration.
  private static func selfIPIxAPIC(on host: HostKind) -> Expectation {
    var expectation = Expectation(on: host)
    expectation.expectAPICPage(writes: (host.virtualAPIC ? 0 : 2)...2, setupWrites: 1, on: host)
    expectation.expectInterrupts(sent: 1, setupWrites: 1, on: host)
    return expectation
  }

  /// An interrupt from one vCPU to another.
  static func interprocessor(spins: Bool, on host: HostKind) -> Expectation {
    var expectation = Expectation(on: host)
    expectation.expectSecondProcessor(sending: host.virtualAPIC ? 0...2 : 2...2, on: host)
    expectation.expectInterrupts(sent: 1, setupWrites: 4, on: host)
    expectation.tracepoints[.apicIPI]?.fixed = 2...2
    // One more where the receiver halts again before the run ends.
    if !spins { expectation.expectLight(.hlt, ExpectedCount(perIteration: 1...1, fixed: 0...1), on: host) }
    return expectation
  }
}
