extension Expectation {
  /// WRMSRs of each iteration, and of the set-up; those that the processor serves itself (APICv, AVIC) make the
  /// count a range.
  mutating func expectMSRs(
    writes: ClosedRange<Int64>, setupReads: Int64, setupWrites: ClosedRange<Int64>, on host: HostKind
  ) {
    expectLight(.readMSR, ExpectedCount(perIteration: 0, fixed: setupReads), on: host)
    expectLight(.writeMSR, ExpectedCount(perIteration: writes, fixed: setupWrites), on: host)
    let setup = (setupReads + setupWrites.lowerBound)...(setupReads + setupWrites.upperBound)
    tracepoints[.msr] = ExpectedCount(perIteration: writes, fixed: setup)
  }

  /// CPUIDs of the set-up.
  mutating func expectCPUIDs(_ count: Int64, on host: HostKind) {
    expectLight(.cpuid, ExpectedCount(perIteration: 0, fixed: count), on: host)
    tracepoints[.cpuid] = ExpectedCount(perIteration: 0, fixed: count)
  }

  /// What `LocalAPIC.enable` does for x2APIC: CPUID, the APIC's base (read, write) and the spurious vector; and WRMSRs
  /// of each iteration to its registers, with `before` more before the first.
  mutating func expectX2APIC(
    writes: ClosedRange<Int64>, before: ClosedRange<Int64> = 0...0, on host: HostKind
  ) {
    let setup = (2 + before.lowerBound)...(2 + before.upperBound)
    expectMSRs(writes: writes, setupReads: 1, setupWrites: setup, on: host)
    expectCPUIDs(1, on: host)
  }

  /// Two processors in x2APIC mode, the second started by the first, and WRMSRs of each iteration on either.
  mutating func expectSecondProcessor(sending writes: ClosedRange<Int64> = 0...0, on host: HostKind) {
    // Both: APIC base (read, write) and SVR; the first INIT and SIPI, the second EFER (read, write).
    expectMSRs(writes: writes, setupReads: 3, setupWrites: 7...7, on: host)
    expectCPUIDs(2, on: host)
    // The first looks up its CR4 for the second, which sets its own, and turns its paging on. VMX has reads answered
    // from a shadow of CR4.
    let once = ExpectedCount(perIteration: 0, fixed: 1)
    if host.execution == .svm { expectLight(.readCR4, once, on: host) }
    expectLight(.writeCR4, once, on: host)
    expectLight(.writeShadowedCR0, once, on: host)
    tracepoints[.apic] = ExpectedCount(perIteration: 0, fixed: 4)
    tracepoints[.apicIPI] = ExpectedCount(perIteration: 0, fixed: 2)
  }

  /// Writes to the memory-mapped local APIC. Where VMX has an APIC-access page, KVM completes an EOI without decoding
  /// the instruction (`handle_apic_access`), so that `kvm_mmio` is silent.
  mutating func expectAPICPage(writes: ClosedRange<Int64>, setupWrites: Int64, on host: HostKind) {
    let setup = (host.virtualAPIC ? 0 : setupWrites)...setupWrites
    expectLight(.apicAccess, ExpectedCount(perIteration: writes, fixed: setup), on: host)
    let isSilent = host.execution == .vmx
    tracepoints[.mmio] = ExpectedCount(
      perIteration: (isSilent ? 0 : writes.lowerBound)...writes.upperBound,
      fixed: (isSilent ? 0 : setup.lowerBound)...setup.upperBound)
  }

  /// APIC register events: the command that sends an interrupt (or none), and its end. A KVM that emulates guest
  /// code ends an interrupt by itself when it delivers it, and traces that before the guest's own EOI.
  mutating func expectInterrupts(sent: Int64, setupWrites: Int64, on host: HostKind) {
    let most = sent + (host.execution == .emulated ? 2 : 1)
    tracepoints[.apic] = ExpectedCount(
      perIteration: (host.virtualAPIC ? 0 : most)...most, fixed: setupWrites...setupWrites)
    if sent > 0 {
      tracepoints[.apicIPI] = ExpectedCount(perIteration: (host.virtualAPIC ? 0 : sent)...sent)
    }
  }
}
