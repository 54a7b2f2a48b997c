extension Workload {
  /// Instructions that the processor hands to the hypervisor, and the one loop that has none.
  static let processorWorkloads: [Workload] = [
    Workload(
      name: "empty",
      summary: "nothing between the stamps: what the stamps themselves cost",
      details: """
        The loop of every other workload without an operation. It causes no exit; its guest spans are the cost of \
        the two `lfence; rdtsc`, to be read beside the other workloads' figures.
        """,
      defaultIterations: 10_000,
      expect: { host, _ in Expectation(on: host) }),
    Workload(
      name: "cpuid",
      summary: "CPUID, answered by KVM from its table",
      details: """
        CPUID of leaf 0. VMX exits unconditionally, SVM because KVM asks for it. One light exit an iteration and \
        no round trip: the plainest light exit there is.
        """,
      defaultIterations: 10_000,
      parameters: [Parameter(index: 0, meaning: "leaf", defaultValue: 0)],
      expect: { host, _ in
        var expectation = Expectation(on: host)
        expectation.expectLight(.cpuid, ExpectedCount(perIteration: 1), on: host)
        expectation.tracepoints[.cpuid] = ExpectedCount(perIteration: 1)
        return expectation
      }),
    Workload(
      name: "msr-read",
      summary: "RDMSR, answered by KVM",
      details: """
        RDMSR of IA32_APIC_BASE (0x1b), which KVM intercepts on every processor. One light exit an iteration and no \
        round trip. Another register in parameter 0 may be passed through, and then nothing exits.
        """,
      defaultIterations: 10_000,
      parameters: [Parameter(index: 0, meaning: "register number", defaultValue: 0x1b)],
      expect: { host, _ in lightMSR(.readMSR, on: host) }),
    Workload(
      name: "msr-write",
      summary: "WRMSR, handled by KVM",
      details: """
        WRMSR of 0 to IA32_BIOS_UPDT_TRIG (0x79), which KVM intercepts on every processor and then ignores. One \
        light exit an iteration and no round trip.
        """,
      defaultIterations: 10_000,
      parameters: [
        Parameter(index: 0, meaning: "register number", defaultValue: 0x79),
        Parameter(index: 1, meaning: "value written", defaultValue: 0),
      ],
      expect: { host, _ in lightMSR(.writeMSR, on: host) }),
    Workload(
      name: "msr-filtered",
      summary: "RDMSR that KVM's filter sends to user space",
      details: """
        RDMSR of 0x53540000, a number no processor defines and the machine's MSR filter denies: KVM returns \
        KVM_EXIT_X86_RDMSR. One heavy exit and one round trip an iteration. The tracepoint kvm_msr is silent: it \
        counts what KVM itself completes.
        """,
      defaultIterations: 10_000,
      requirements: [.msrFilter],
      expect: { host, _ in
        var expectation = Expectation(on: host)
        expectation.roundTrips[.readMSR] = ExpectedCount(perIteration: 1)
        expectation.expectHeavy(.readMSR, ExpectedCount(perIteration: 1), on: host)
        return expectation
      }),
    Workload(
      name: "hypercall",
      summary: "VMCALL or VMMCALL, answered by KVM",
      details: """
        KVM_HC_VAPIC_POLL_IRQ, which does nothing, by VMCALL on Intel and VMMCALL on AMD. One light exit an \
        iteration and no round trip. A host that emulates guest code cannot execute it: KVM patches the instruction \
        and tries again without end, and the machine stops the run.
        """,
      defaultIterations: 10_000,
      expect: { host, _ in
        guard host.hasHardwareExits else { return Expectation() }
        var expectation = Expectation(on: host)
        expectation.expectLight(.hypercall, ExpectedCount(perIteration: 1), on: host)
        expectation.tracepoints[.hypercall] = ExpectedCount(perIteration: 1)
        return expectation
      },
      obstacle: { $0.hasHardwareExits ? nil : "this KVM emulates guest code and cannot execute VMCALL" }),
  ]

  private static func lightMSR(_ exit: HardwareExit, on host: HostKind) -> Expectation {
    var expectation = Expectation(on: host)
    expectation.expectLight(exit, ExpectedCount(perIteration: 1), on: host)
    expectation.tracepoints[.msr] = ExpectedCount(perIteration: 1)
    return expectation
  }
}
