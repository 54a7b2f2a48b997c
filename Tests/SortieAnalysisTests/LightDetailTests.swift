import SortieTrace
import Testing
import TraceFixtures

@testable import SortieAnalysis

/// Light exits told apart by what they were about, and what KVM did counted.
@Suite struct LightDetailTests {
  private func life(_ exits: [(KernelFixture.Kind, [(DetailEvent, [ColumnID: UInt64])])]) -> KernelLife {
    var life = KernelLife()
    for (index, (exit, details)) in exits.enumerated() {
      let tsc = 1000 + 1000 * UInt64(index)
      life.event(tsc, exit)
      for (event, fields) in details { life.event(tsc + 10, .detail(event, fields)) }
      life.event(tsc + 100, .entry)
    }
    life.end = 1000 * UInt64(exits.count + 2)
    return life
  }

  private func sites(_ life: KernelLife) -> [String: UInt64] {
    let sites = life.analysis(operation: "light").sites.filter { $0.tier == .kernel }
    return Dictionary(uniqueKeysWithValues: sites.map { ($0.site, $0.count) })
  }

  @Test func theEventsOfAnExitSayWhatItWasAbout() {
    let write: UInt64 = 1
    let found = sites(
      life([
        (.exit(0x7c, info1: 1), [(.msr, [.address: 0x6e0, .flags: write, .number: 9])]),
        (.exit(0x7c, info1: 1), [(.msr, [.address: 0x6e0, .flags: write, .number: 10])]),
        (.exit(0x7c, info1: 0), [(.msr, [.address: 0x999, .flags: 2])]),
        (
          .exit(0x7c, info1: 1),
          [(.apic, [.address: 0xb0, .flags: 1]), (.msr, [.address: 0x80b, .flags: 1])]
        ),
        (.exit(0x7c, info1: 1), []),
        (.exit(0x72, info1: 0), [(.leaf, [.address: 0x8000_0008, .flags: 2])]),
        (.exit(0x81, info1: 0), [(.hypercall, [.address: 5])]),
        (.exit(18, isa: 1, info1: 0), [(.hypercall, [.address: 10])]),
        (.exit(0x7b, info1: 0x43_0010), [(.port, [.address: 0x43, .size: 1, .flags: 1, .count: 1])]),
        (.exit(0x78, info1: 0), []),
      ]))
    #expect(
      found == [
        "msr write IA32_TSC_DEADLINE": 2, "msr read 0x999 #GP": 1, "msr write X2APIC_EOI": 1, "msr write": 1,
        "cpuid leaf 0x80000008": 1, "vmmcall KVM_HC_KICK_CPU": 1, "vmcall KVM_HC_SEND_IPI": 1,
        "ioio write 0x43/1": 1, "hlt": 1,
      ])
  }

  @Test func emulatedMemoryIsNamedByTheRegisterOrElseTheAddress() {
    let mmio: UInt64 = 0x1_0000_000f
    let found = sites(
      life([
        // KVM tells of the access before its APIC does on a write, after it on a read.
        (
          .exit(0x400, info1: mmio),
          [
            (.memory, [.address: 0xfee0_00b0, .size: 4, .flags: 1]), (.apic, [.address: 0xb0, .flags: 1]),
          ]
        ),
        (
          .exit(0x400, info1: mmio),
          [(.apic, [.address: 0x20, .flags: 0]), (.memory, [.address: 0xfee0_0020, .size: 4])]
        ),
        (.exit(49, isa: 1, info1: 0), [(.memory, [.address: 0xd000_0000, .size: 4, .flags: 1])]),
        (.exit(0x400, info1: 0x1_0000_0006), [(.pageFault, [.address: 0x5000, .errorCode: 6])]),
        (.exit(48, isa: 1, info1: 0x182), [(.pageFault, [.address: 0x6000, .errorCode: 2])]),
      ]))
    #expect(
      found == [
        "npf write APIC_EOI": 1, "npf read APIC_ID": 1, "ept misconfig write 0xd0000000/4": 1,
        "npf write, not present": 1, "ept violation write, not present": 1,
      ])
  }

  @Test func detailsOfOneExitDoNotReachTheNext() {
    let found = sites(
      life([
        (.exit(0x7c, info1: 1), [(.msr, [.address: 0x6e0, .flags: 1])]), (.exit(0x7c, info1: 1), []),
        (.exit(0x78, info1: 0), [(.msr, [.address: 0x6e0, .flags: 1])]),
      ]))
    #expect(found == ["msr write IA32_TSC_DEADLINE": 1, "msr write": 1, "hlt": 1])
  }

  /// The reason says the direction there.
  @Test func onVMXTheRegisterAloneIsTheDetail() throws {
    let found = life([
      (.exit(32, isa: 1, info1: 0), [(.msr, [.address: 0x6e0, .flags: 1])])
    ]).analysis()
    let row = try #require(found.sites.first { $0.tier == .kernel })
    #expect(row.reason == "EXIT_REASON_MSR_WRITE")
    #expect(row.detail == "IA32_TSC_DEADLINE")
    #expect(row.site == "msr write IA32_TSC_DEADLINE")
  }

  @Test func detailIsAColumnOfItsOwn() throws {
    let found = life([(.exit(0x7c, info1: 1), [(.msr, [.address: 0x10, .flags: 1])])]).analysis()
    let row = try #require(found.sites.first { $0.tier == .kernel })
    #expect(row.reason == "SVM_EXIT_MSR")
    #expect(row.detail == "write IA32_TSC")
    #expect(found.exits.contains { $0.reason == "SVM_EXIT_MSR" && $0.count == 1 })
  }

  @Test func aGuestWithAnEndlessSupplyOfDetailsFillsNoMemory() throws {
    let exits: [(KernelFixture.Kind, [(DetailEvent, [ColumnID: UInt64])])] = (0..<2000).map { index in
      (.exit(0x72, info1: 0), [(.leaf, [.address: UInt64(index)])])
    }
    let found = life(exits).analysis(operation: "light")
    let rows = found.sites.filter { $0.tier == .kernel }
    #expect(rows.count <= LightTable.mostRows)
    #expect(rows.reduce(0) { $0 + $1.count } == 2000)
    let rest = try #require(rows.first { $0.site == "cpuid other" })
    #expect(rest.count == found.totals.foldedSites)
    #expect(found.kernelEvents.count <= DetailTable.limit + DetailEvent.allCases.count)
    #expect(found.kernelEvents.reduce(0) { $0 + $1.count } == 2000)
    #expect(found.kernelEvents.contains { $0.detail == "other" })
  }

  @Test func whatKVMDidIsCountedOnAHostWithoutExitsToo() throws {
    var life = KernelLife()
    life.kernel.removeAll { $0.kind == .entry }
    for index in 0..<5 {
      life.event(1000 + UInt64(index), .detail(.msr, [.address: 0x6e0, .flags: 1]))
      life.event(2000 + UInt64(index), .detail(.endOfInterrupt, [.address: 0xec, .apicID: 1]))
    }
    life.event(3000, .detail(.endOfInterrupt, [.address: UInt64(bitPattern: -1)]))
    life.event(3100, .detail(.injection, [.address: 0xec, .flags: 4]))
    life.event(3200, .detail(.emulation, [.flags: 2]))
    life.kernel.insert(KernelFixture(50, .detail(.emulation, [:])), at: 0)
    var trace = MemoryTrace()
    trace.add(life.trips + [trip(5000, 0)])
    trace.add(life.kernel)
    trace.setThread(1000)
    let found = analyze(trace)
    #expect(found.totals.light == nil)
    let counts = Dictionary(
      uniqueKeysWithValues: found.kernelEvents.map { ("\($0.event) \($0.detail)", $0.count) })
    #expect(
      counts == [
        "kvm_msr write IA32_TSC_DEADLINE": 5, "kvm_eoi vector 0xec": 5, "kvm_eoi no vector": 1,
        "kvm_inj_virq interrupt 0xec again": 1, "kvm_emulate_insn failed": 1,
      ])
    let tally = try #require(found.vcpus.first?.kernel)
    #expect(tally.details == 13)
    #expect(tally.outside == 1)
  }
}
