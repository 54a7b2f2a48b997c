import LabBoot
import GuestABI
import SortieAnalysis
import SortieTrace
import Testing
import WorkloadCatalog

/// Hardware exits of every workload, held against what the catalog declares for SVM and, for those that are the host's
/// doing, against KVM's own counters.
@Suite(.serialized, .needsLab)
struct ExitLabTests {
  /// Exits that are counted together: SVM has one reason for all nested page faults, but their address tells memory from
  /// what is not.
  fileprivate struct Kind: Hashable {
    var reason: UInt32
    /// A nested page fault on an address without memory.
    var isDevice = false

    init(_ event: LabTrace.Exit) {
      reason = event.reason
      isDevice = reason == Kind.pageFault.reason && event.info2 >= UInt64(SORTIE_MMIO_LATCH_GPA)
    }

    init(_ exit: HardwareExit) throws {
      reason = try #require(exit.reason(on: .svm))
      isDevice = exit == .mmio || exit == .apicAccess
    }

    private init(reason: UInt32) { self.reason = reason }

    static let interrupt = Kind(reason: 0x60)
    static let interruptWindow = Kind(reason: 0x64)
    static let halt = Kind(reason: 0x78)
    static let pageFault = Kind(reason: 0x400)
  }

  /// What a run was to cause, and did.
  private struct Run {
    let trace: LabTrace
    var heavy: [Kind: ClosedRange<UInt64>] = [:]
    var light: [Kind: ClosedRange<UInt64>] = [:]
    var found: [Kind: UInt64] = [:]

    init(_ name: String) throws {
      let recorded = try Lab.recorded(name)
      trace = recorded.trace
      let expected = try recorded.run.expectation()
      let iterations = recorded.run.iterations
      for (exit, count) in expected.heavyExits {
        try heavy.add(count.total(iterations: iterations), Kind(exit))
      }
      for (exit, count) in expected.lightExits {
        try light.add(count.total(iterations: iterations), Kind(exit))
      }
      let exits = trace.vcpus.flatMap(\.exits)
      for exit in exits { found[Kind(exit), default: 0] += 1 }
      // QEMU's emulator forgets at an exit that the instruction behind STI is not to be interrupted: where one comes between
      // STI and HLT, the interrupt waited for may too, and there is nothing left to halt for. That is rare.
      let halts = Set(exits.filter { Kind($0) == .halt }.map(\.rip))
      let before = UInt64(
        exits.count { [.interrupt, .interruptWindow].contains(Kind($0)) && halts.contains($0.rip) })
      let missing = min(before, iterations / 100)
      light[.halt] = light[.halt].map { $0.lowerBound - min(missing, $0.lowerBound)...$0.upperBound }
    }

    var declared: Set<Kind> { Set(heavy.keys).union(light.keys) }

    /// Exits that the host causes, by the KVM counters that count just them; and the first touches of a guest's own pages,
    /// of image, stack, tables and stamp ring: 14 to 19 in runs of this length.
    func hosts() throws -> [Kind: ClosedRange<UInt64>] {
      let interrupts = try #require(try trace.growth("irq_exits"))
      let windows = try #require(try trace.growth("irq_window_exits"))
      return [.interrupt: interrupts...interrupts, .interruptWindow: windows...windows, .pageFault: 0...64]
    }
  }

  @Test(arguments: Lab.runs.map(\.name))
  func exitsOfEachReasonAreThoseDeclared(name: String) throws {
    let run = try Run(name)
    let hosts = try run.hosts()
    for kind in run.declared {
      let range = (run.heavy[kind] ?? 0...0) + (run.light[kind] ?? 0...0)
      #expect(range.contains(run.found[kind] ?? 0), "\(kind): \(run.found[kind] ?? 0), declared \(range)")
    }
    for (kind, count) in run.found where !run.declared.contains(kind) {
      #expect(hosts[kind]?.contains(count) == true, "\(kind): \(count), declared none")
    }
  }

  /// An exit that a signal or the end of the run kept from its re-entry is neither light nor heavy: such exits are few, and
  /// each is known.
  @Test(arguments: Lab.runs.map(\.name))
  func lightAndHeavyExitsAreThoseDeclared(name: String) throws {
    let run = try Run(name)
    let hosts = try run.hosts()
    let analysis = try Lab.recorded(name).analysis
    let kinds = run.declared.union(run.found.keys)
    var kicked: UInt64 = 0
    var unpaired: UInt64 = 0
    for row in analysis.exits {
      let ofRow = kinds.filter { HardwareExitReason(isa: 2, number: $0.reason).name == row.reason }
      let heavy = ofRow.reduce(0...0) { $0 + (run.heavy[$1] ?? 0...0) }
      let light = ofRow.reduce(0...0) {
        $0 + (run.light[$1] ?? (run.heavy[$1] == nil ? hosts[$1] : nil) ?? 0...0)
      }
      let neither = row.kicked + row.unpaired
      #expect(
        row.heavy <= heavy.upperBound && row.heavy + neither >= heavy.lowerBound, "\(row), heavy \(heavy)")
      #expect(
        row.light <= light.upperBound && row.light + neither >= light.lowerBound, "\(row), light \(light)")
      kicked += row.kicked
      unpaired += row.unpaired
    }
    #expect(analysis.exits.reduce(0) { $0 + $1.count } == run.found.values.reduce(0, +))
    #expect(kicked <= analysis.totals.kicks)
    #expect(unpaired <= UInt64(run.trace.vcpus.count), "the last exit of each vCPU")
  }

  @Test(arguments: ["ipi", "mmio-read", "pio-string"])
  func aReaderWrittenFromTheSpecificationFindsTheSameExits(name: String) throws {
    let trace = try Lab.recorded(name).trace
    let rows = try Lab.rowsAsSpecified("kvm/kvm_exit", in: Lab.trace(of: name))
    for vcpu in trace.vcpus {
      var seen: [UInt32: UInt64] = [:]
      for row in rows where row.contains("31=\(vcpu.index)") {
        let reason = try #require(row.first { $0.hasPrefix("17=") }.flatMap { UInt32($0.dropFirst(3)) })
        seen[reason, default: 0] += 1
      }
      #expect(vcpu.exitsByReason == seen, "vCPU \(vcpu.index)")
    }
  }

  /// An exit that the kernel handles by itself: into the kernel, its work, and back into the guest.
  @Test func aHypercallIsALightExitWithItsStages() throws {
    let analysis = try Lab.recorded("hypercall").analysis
    let iterations = try Lab.iterations(#require(Workload.named("hypercall")))
    let sites = analysis.sites.filter { $0.reason == "SVM_EXIT_VMMCALL" }
    try #require(sites.count == 1, "\(sites.map(\.site))")
    #expect(sites[0].exitClass == .light && sites[0].tier == .kernel && sites[0].count == iterations)
    let stages = try #require(sites[0].stages)
    #expect(stages.population == .operations)
    #expect(try #require(stages.exitPath) > 0)
    #expect(stages.kernel > 0)
    #expect(try #require(stages.entryPath) > 0)
    #expect(stages.switching == 0 && stages.vmm == 0, "a light exit has no round trip")
    // A host's interrupt inside an operation gives it a second exit: its stages are then of no one site.
    #expect((iterations / 2...iterations).contains(stages.count))
    let staging = try #require(analysis.vms[0].operation?.staging)
    #expect(staging.staged * 100 >= iterations * 95, "\(staging)")
  }

  /// Guest, processor, kernel and machine monitor: every stamp there is, and what the trace says besides. A TSC that moves
  /// in steps, which the format takes advantage of, needs fewer bits for each of them than one that counts by one, which takes up
  /// to twice as many bytes: more on a busy machine, whose stamps scatter more.
  @Test func anExitWithAllItsStampsTakesAtMostSixteenBytesOfATSCInSteps() throws {
    let trace = try LabTrace(Lab.file("stamped.sortie", of: "stamped"))
    let iterations = Lab.stampedIterations
    let vcpu = trace.vcpus[0]
    #expect(UInt64(vcpu.spans.count) == iterations)
    #expect(vcpu.records.count { $0.d0 != 0 && $0.d1 != 0 && $0.u0 != 0 && $0.u1 != 0 } >= iterations)
    let staging = try #require(try analyze(TraceFileSource(trace.file)).vms[0].operation?.staging)
    #expect(staging.staged + 100 >= iterations, "a kick takes an operation out")
    let bytes = Double(trace.file.size) / Double(vcpu.exits.count)
    let step = vcpu.records.reduce(UInt64(0)) { Self.commonDivisor($0, $1.u0 &- vcpu.records[1].u0) }
    #expect(bytes <= (step >= 16 ? 16 : 32), "\(bytes) B an exit, the TSC in steps of \(step)")
  }
}

extension ExitLabTests {
  /// Of two unsigned differences, either of which may be 0.
  fileprivate static func commonDivisor(_ a: UInt64, _ b: UInt64) -> UInt64 {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return a
  }
}

extension [ExitLabTests.Kind: ClosedRange<UInt64>] {
  fileprivate mutating func add(_ range: ClosedRange<UInt64>, _ kind: ExitLabTests.Kind) {
    self[kind] = (self[kind] ?? 0...0) + range
  }
}

private func + (a: ClosedRange<UInt64>, b: ClosedRange<UInt64>) -> ClosedRange<UInt64> {
  let (most, overflow) = a.upperBound.addingReportingOverflow(b.upperBound)
  return a.lowerBound + b.lowerBound...(overflow ? .max : most)
}
