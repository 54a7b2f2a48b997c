import GuestABI
import Testing
import WorkloadCatalog

@Suite struct CatalogTests {
  static let hosts: [HostKind] = HostKind.Execution.allCases.flatMap { execution in
    [false, true].map { HostKind(execution, virtualAPIC: $0, kernel: HostKind.KernelVersion(6, 18)) }
  }

  @Test func everyMechanismHasItsWorkload() {
    let names: Set = [
      "pio-write", "pio-read", "pio-string", "pio-uart", "pio-pit", "pio-coalesced", "pio-ioeventfd",
      "mmio-write",
      "mmio-read", "mmio-crossing", "mmio-ioeventfd", "cpuid", "msr-read", "msr-write", "msr-filtered",
      "apic-self-ipi", "tsc-deadline", "hlt-timer", "ipi", "page-first-touch", "hypercall", "empty",
      "wbinvd", "invlpg", "cr-write", "dr-write", "xsetbv", "exception-ud", "pause-loop", "io-string-in",
      "page-dirty-log",
      "nmi", "irq-inject-irqfd", "irq-inject-line", "apic-eoi", "apic-tpr", "apic-tpr-cr8", "x2apic", "xapic",
      "ipi-halt", "hypercall-kick",
    ]
    #expect(Set(Workload.all.map(\.name)) == names)
    #expect(Workload.all.count == names.count)
  }

  @Test func workloadsAreSortedAndFoundByName() {
    #expect(Workload.all.map(\.name) == Workload.all.map(\.name).sorted())
    for workload in Workload.all { #expect(Workload.named(workload.name)?.summary == workload.summary) }
    #expect(Workload.named("") == nil)
  }

  @Test(arguments: Workload.all.map(\.name)) func workloadIsDescribed(name: String) throws {
    let workload = try #require(Workload.named(name))
    #expect(workload.defaultIterations > 0)
    #expect(workload.vcpus == (["ipi", "ipi-halt", "hypercall-kick"].contains(name) ? 2 : 1))
    #expect(workload.summary.count <= 80 && !workload.summary.contains("\n"))
    #expect(workload.details.count > workload.summary.count && workload.details.hasSuffix("."))
    #expect(workload.parameters.map(\.index) == Array(workload.parameters.indices))
    #expect(workload.parameters.count <= Int(SORTIE_PARAMETERS))
  }

  @Test(arguments: hosts) func everySupportedRunEndsWithTheDebugExit(host: HostKind) {
    for workload in Workload.all where workload.unsupportedReason(on: host) == nil {
      let expectation = workload.expectation(on: host)
      let none = expectation.roundTripTotal(iterations: 0)
      // The dirty log is taken once before the first operation.
      let once: ClosedRange<UInt64> = workload.name == "page-dirty-log" ? 2...2 : 1...1
      #expect(none == once, "\(workload.name)")
      #expect(expectation.roundTrips[.io]?.total(iterations: 0) == once, "\(workload.name)")
      #expect(expectation.tracepoints[.pio]?.total(iterations: 0) == once, "\(workload.name)")
      let some = expectation.roundTripTotal(iterations: 1000)
      #expect(some.lowerBound >= none.lowerBound && some.upperBound >= some.lowerBound, "\(workload.name)")
    }
  }

  @Test(arguments: hosts) func hardwareExitsAreDeclaredOnlyWhereThereAreAny(host: HostKind) {
    for workload in Workload.all {
      let expectation = workload.expectation(on: host)
      let reasons = Set(expectation.heavyExits.keys).union(expectation.lightExits.keys)
      if host.execution == .emulated {
        #expect(reasons.isEmpty, "\(workload.name)")
        #expect(HardwareExit.allCases.allSatisfy { $0.reason(on: host.execution) == nil })
      } else {
        #expect(!reasons.isEmpty, "\(workload.name)")
        #expect(reasons.allSatisfy { $0.reason(on: host.execution) != nil }, "\(workload.name)")
      }
    }
  }

  @Test func onlyHypercallsAreBeyondAnEmulatingHost() {
    let unsupported = Workload.all.filter { $0.unsupportedReason(on: HostKind(.emulated)) != nil }
    #expect(unsupported.map(\.name) == ["hypercall", "hypercall-kick"])
    #expect(Workload.all.allSatisfy { $0.unsupportedReason(on: HostKind(.vmx)) == nil })
    #expect(Workload.all.allSatisfy { $0.unsupportedReason(on: HostKind(.svm)) == nil })
  }

  @Test func dirtyPagesAreLoggedInMemoryOfFixedSize() throws {
    let log = try #require(Workload.named("page-dirty-log"))
    #expect(log.coldBytes(iterations: 1) == Workload.dirtyLogPages * 4096)
    #expect(log.coldBytes(iterations: .max) == Workload.dirtyLogPages * 4096)
  }

  @Test func coldMemoryIsOnePageAnIteration() throws {
    let touch = try #require(Workload.named("page-first-touch"))
    #expect(touch.coldBytes(iterations: 10) == 40960)
    #expect(touch.coldBytes(iterations: .max) == .max)
    #expect(try #require(Workload.named("empty")).coldBytes(iterations: 10) == 0)
  }
}
