extension Workload {
  /// Single registers of the local APIC, by each of the ways there are to them.
  static let apicWorkloads: [Workload] = [
    Workload(
      name: "x2apic",
      summary: "a local APIC register written by WRMSR (x2APIC); its pair is xapic",
      details: """
        WRMSR to the local APIC's divide configuration register (MSR 0x83e), which neither APICv nor AVIC serves by \
        itself: one light exit an iteration and no round trip. The same write as in xapic: the difference is what \
        the way to the register costs, with no instruction to fetch and decode here.
        """,
      defaultIterations: 10_000,
      requirements: [.x2APIC],
      expect: { host, _ in
        var expectation = Expectation(on: host)
        // AVIC in x2APIC mode lets the write pass and exits behind it.
        let passes = host.virtualAPIC && host.execution == .svm
        expectation.expectX2APIC(writes: (passes ? 0 : 1)...1, on: host)
        if passes { expectation.expectLight(.apicWrite, ExpectedCount(perIteration: 0...1), on: host) }
        expectation.expectAPICEvents(1...1, setupWrites: 1)
        return expectation
      }),
    Workload(
      name: "xapic",
      summary: "a local APIC register written in memory (xAPIC); its pair is x2apic",
      details: """
        MOV to the local APIC's divide configuration register at 0xfee003e0: KVM fetches and decodes the instruction \
        to know what is written. One light exit an iteration and no round trip. SVM exits with a nested page fault, \
        VMX with an APIC access, or behind the write where the processor makes it (APICv, AVIC).
        """,
      defaultIterations: 10_000,
      expect: { host, _ in
        var expectation = Expectation(on: host)
        expectation.expectAPICPage(writes: (host.virtualAPIC ? 0 : 1)...1, setupWrites: 1, on: host)
        if host.virtualAPIC {
          expectation.expectLight(.apicWrite, ExpectedCount(perIteration: 0...1, fixed: 0...1), on: host)
        }
        expectation.expectAPICEvents(1...1, setupWrites: 1)
        return expectation
      }),
    Workload(
      name: "apic-eoi",
      summary: "the end of an interrupt: a write to EOI with one in service",
      details: """
        WRMSR to the x2APIC's EOI register. Before each, outside of the stamps, the guest interrupts itself and the \
        handler leaves the interrupt in service, so there is one to end. Two light exits an iteration, one of them \
        measured, and no round trip; none where the processor serves the APIC itself (APICv, AVIC). Parameter 1 in \
        place of x2APIC uses the memory-mapped xAPIC. A KVM that emulates guest code has ended the interrupt already.
        """,
      defaultIterations: 5_000,
      parameters: [Parameter(index: 0, meaning: "1: memory-mapped xAPIC, otherwise x2APIC", defaultValue: 0)],
      requirements: [.x2APIC],
      expect: { host, values in endOfInterrupt(inMemory: values[0] == 1, on: host) }),
    Workload(
      name: "apic-tpr",
      summary: "a write to the task priority register of the local APIC",
      details: """
        MOV of 0x20 to the memory-mapped xAPIC's TPR at 0xfee00080: one light exit an iteration and no round trip on \
        SVM. VMX with a TPR shadow and virtual APIC accesses exits for none. Parameter 1 in place of the xAPIC uses \
        x2APIC's MSR 0x808. Compare apic-tpr-cr8, the same register without an exit.
        """,
      defaultIterations: 10_000,
      parameters: [Parameter(index: 0, meaning: "1: x2APIC, otherwise memory-mapped xAPIC", defaultValue: 0)],
      requirements: [.x2APIC],
      expect: { host, values in taskPriority(inMemory: values[0] != 1, on: host) }),
    Workload(
      name: "apic-tpr-cr8",
      summary: "the task priority written as control register 8",
      details: """
        MOV of 2 to CR8. The processor keeps a virtual TPR (SVM's V_TPR, VMX's TPR shadow) and KVM intercepts the \
        write only while an interrupt waits for the priority to fall: no exit. KVM for SVM intercepts it in a new \
        vCPU too, until it has looked for interrupts; so the guest first sends one to itself.
        """,
      defaultIterations: 10_000,
      requirements: [.x2APIC],
      expect: { host, _ in
        var expectation = Expectation(on: host)
        let least: Int64 = host.virtualAPIC ? 0 : 1
        expectation.expectX2APIC(writes: 0...0, before: (2 * least)...2, on: host)
        expectation.expectSetupInterrupt(events: (2 * least)...2, on: host)
        return expectation
      }),
  ]

  /// The write that is measured, and the interrupt to itself before it; one interrupt more than iterations.
  private static func endOfInterrupt(inMemory: Bool, on host: HostKind) -> Expectation {
    var expectation = Expectation(on: host)
    let least: Int64 = host.virtualAPIC ? 0 : 1
    if inMemory {
      expectation.expectAPICPage(writes: (2 * least)...2, setupWrites: 2, on: host)
    } else {
      expectation.expectX2APIC(writes: (2 * least)...2, before: least...1, on: host)
    }
    expectation.expectInterrupts(sent: 1, setupWrites: 1, on: host)
    expectation.expectSetupInterrupt(events: least...1, on: host)
    return expectation
  }

  private static func taskPriority(inMemory: Bool, on host: HostKind) -> Expectation {
    var expectation = Expectation(on: host)
    // A processor with a virtual TPR may serve the write: VMX's use of it depends on the model.
    let writes: ClosedRange<Int64> = (host.execution == .vmx || host.virtualAPIC ? 0 : 1)...1
    if inMemory {
      expectation.expectAPICPage(writes: writes, setupWrites: 1, on: host)
    } else {
      expectation.expectX2APIC(writes: writes, on: host)
    }
    expectation.expectAPICEvents(writes, setupWrites: 1)
    return expectation
  }
}

extension Expectation {
  /// APIC register events where no interrupt is delivered: writes of each iteration, and of the set-up.
  fileprivate mutating func expectAPICEvents(_ writes: ClosedRange<Int64>, setupWrites: Int64) {
    tracepoints[.apic] = ExpectedCount(perIteration: writes, fixed: setupWrites...setupWrites)
  }

  /// APIC register events of the set-up where it has the spurious vector and an interrupt to itself with `events`
  /// writes; a KVM that emulates guest code ends the interrupt besides.
  fileprivate mutating func expectSetupInterrupt(events: ClosedRange<Int64>, on host: HostKind) {
    let own: Int64 = host.execution == .emulated ? 1 : 0
    let none = ExpectedCount(perIteration: 0)
    tracepoints[.apic, default: none].fixed = (1 + own + events.lowerBound)...(1 + own + events.upperBound)
    tracepoints[.apicIPI, default: none].fixed = (host.virtualAPIC ? 0 : 1)...1
  }
}
