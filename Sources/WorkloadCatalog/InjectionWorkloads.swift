extension Workload {
  /// Ways to get an interrupt into a vCPU, running or halted.
  static let injectionWorkloads: [Workload] = [
    Workload(
      name: "irq-inject-irqfd",
      summary: "an interrupt by irqfd: the guest's own port write injects it",
      details: """
        OUT of 4 bytes to port 0xf8, whose ioeventfd is an irqfd too: KVM signals the eventfd, which injects a message \
        signalled interrupt (MSI) into the same vCPU before it is entered again, with no thread and no round trip. \
        Up to the return of the handler: two light exits an iteration, the OUT and the handler's WRMSR to EOI; no \
        exit for the latter with APICv or AVIC. Compare irq-inject-line. On a host that emulates guest code, the \
        guest halts to take the interrupt.
        """,
      defaultIterations: 5_000,
      requirements: [.irqfd, .x2APIC],
      expect: { host, _ in
        var expectation = injection(on: host)
        expectation.expectLight(.io, ExpectedCount(perIteration: 1), on: host)
        return expectation
      }),
    Workload(
      name: "irq-inject-line",
      summary: "an interrupt by KVM_IRQ_LINE: user space raises and lowers a line",
      details: """
        OUT of 4 bytes to port 0xf0, a register whose device model raises pin 20 of the I/O APIC and lowers it again, \
        an ioctl(KVM_IRQ_LINE) each, before it runs the vCPU, which takes the edge-triggered interrupt. Up to the \
        return of the handler: one heavy exit, one round trip, and one light exit for the handler's WRMSR to EOI, \
        which APICv and AVIC save. Compare irq-inject-irqfd. On a host that emulates guest code, the guest halts to \
        take the interrupt.
        """,
      defaultIterations: 5_000,
      requirements: [.irqLine, .x2APIC],
      expect: { host, _ in
        var expectation = injection(on: host)
        let writes = ExpectedCount(perIteration: 1, fixed: 1)
        expectation.roundTrips[.io] = writes
        expectation.expectHeavy(.io, writes, on: host)
        expectation.expectIOAPIC(.ioapicEntry, on: host)
        return expectation
      }),
    Workload(
      name: "nmi",
      summary: "a non-maskable interrupt to itself, up to the return of its handler",
      details: """
        WRMSR to the x2APIC's ICR with delivery mode NMI to the vCPU's own APIC ID: KVM queues the NMI and injects it \
        on entry. One light exit an iteration and no round trip; no EOI. SVM without virtual NMIs also exits at the \
        handler's IRET, by which KVM learns that the next NMI may come. By ICR and not by ioctl(KVM_NMI): the way \
        into the vCPU is the same, without the round trip that pio-write shows. On a host that emulates guest code, \
        the guest halts to take it.
        """,
      defaultIterations: 5_000,
      requirements: [.x2APIC],
      expect: { host, _ in nonMaskable(on: host) }),
    Workload(
      name: "ipi-halt",
      summary: "an interrupt to another vCPU that has been halted for a while",
      details: """
        As ipi, but before each interrupt, outside of the stamps, the sender waits a million cycles: longer than halt \
        polling, so the receiver's thread sleeps and must be woken. Three light exits an iteration on two vCPUs \
        (ICR, HLT, EOI) and no round trip. The difference to ipi is the price of the sleep.
        """,
      defaultIterations: 1_000,
      vcpus: 2,
      parameters: [
        Parameter(index: 0, meaning: "TSC cycles the receiver is left halted", defaultValue: 1_000_000)
      ],
      requirements: [.x2APIC],
      expect: { host, _ in interprocessor(spins: false, on: host) }),
    Workload(
      name: "hypercall-kick",
      summary: "KVM_HC_KICK_CPU to a halted vCPU: a wake-up without an interrupt",
      details: """
        The hypercall of paravirtual spinlocks, by VMCALL on Intel and VMMCALL on AMD, to a vCPU that has been halted \
        with interrupts off for a million cycles, up to its first store behind the HLT. Two light exits an iteration \
        on two vCPUs (the hypercall, HLT) and no round trip. A host that emulates guest code cannot execute it.
        """,
      defaultIterations: 1_000,
      vcpus: 2,
      parameters: [
        Parameter(index: 0, meaning: "TSC cycles the receiver is left halted", defaultValue: 1_000_000)
      ],
      requirements: [.x2APIC],
      expect: { host, _ in
        guard host.hasHardwareExits else { return Expectation() }
        var expectation = Expectation(on: host)
        expectation.expectSecondProcessor(on: host)
        // Besides: the features of KVM.
        expectation.expectCPUIDs(3, on: host)
        expectation.expectLight(.hypercall, ExpectedCount(perIteration: 1), on: host)
        expectation.tracepoints[.hypercall] = ExpectedCount(perIteration: 1)
        // One more where the receiver halts again before the run ends.
        expectation.expectLight(.hlt, ExpectedCount(perIteration: 1...1, fixed: 0...1), on: host)
        return expectation
      },
      obstacle: { $0.hasHardwareExits ? nil : "this KVM emulates guest code and cannot execute VMCALL" }),
  ]

  /// A port write that causes an interrupt, and the handler's EOI.
  private static func injection(on host: HostKind) -> Expectation {
    var expectation = Expectation(on: host)
    expectation.expectX2APIC(writes: (host.virtualAPIC ? 0 : 1)...1, on: host)
    expectation.expectInterrupts(sent: 0, setupWrites: 1, on: host)
    expectation.tracepoints[.pio] = ExpectedCount(perIteration: 1, fixed: 1)
    return expectation
  }

  /// Virtual NMIs came to KVM for SVM with Linux 6.4; which processor has them, the catalog does not know.
  private static func nonMaskable(on host: HostKind) -> Expectation {
    var expectation = Expectation(on: host)
    let least: Int64 = host.virtualAPIC ? 0 : 1
    expectation.expectX2APIC(writes: least...1, on: host)
    if host.virtualAPIC { expectation.expectLight(.apicWrite, ExpectedCount(perIteration: 0...1), on: host) }
    expectation.tracepoints[.apic] = ExpectedCount(perIteration: least...1, fixed: 1...1)
    expectation.tracepoints[.apicIPI] = ExpectedCount(perIteration: 1)
    if host.execution == .svm {
      let isIntercepted = host.kernel.map { $0 < HostKind.KernelVersion(6, 4) } ?? false
      expectation.expectLight(.iret, ExpectedCount(perIteration: (isIntercepted ? 1 : 0)...1), on: host)
    }
    return expectation
  }
}
