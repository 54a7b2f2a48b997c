import FoundationEssentials
import LabBoot
import SortieTrace
import Synchronization
import SystemPackage
import Testing

/// `sortie attach` on Debian's QEMU, which is as it comes, while it boots Linux.
@Suite(.serialized, .needsLinuxLab)
struct AttachLabTests {
  @Test func theVMAndTheAttachersEndAsTheyShould() throws {
    let outcome = try LinuxLab.boot.outcome("attach")
    let said = try AttachLab.left("said")
    #expect(outcome.status == 0, "\(outcome.errors.suffix(1000)) \(outcome.output.suffix(1000)) \(said)")
    let console = try AttachLab.left("console")
    for words in ["up with 2 processors", "disk read", "disk written", "end"] {
      #expect(console.contains("guest: \(words)"), "\(words)")
    }
    #expect(try AttachLab.left("instances").isEmpty)
  }

  /// All three watch from before the first `KVM_RUN` to the end. On a machine that has no time for the lab its trace
  /// instances lack a few events in ten thousand that perf has, both of them the same ones, and nothing says that they do: why is
  /// not known, so only much time makes this exact.
  @Test(arguments: AttachLab.traces)
  func exitsOfEachVCPUAreThoseThatPerfSaw(file: String) throws {
    let trace = try LabTrace(AttachLab.file(file))
    let reasons = try PerfReasons.numbers(trace.file)
    let perf = try AttachLab.perf.get()
    #expect(trace.vcpus.count == 2)
    for vcpu in trace.vcpus {
      let thread = try #require(vcpu.thread)
      let seen = try PerfReasons.exits(#require(perf[thread]), reasons)
      let found = vcpu.exitsByReason
      let all = seen.values.reduce(0, +)
      #expect(all > 1000)
      if LinuxLab.boots > 0 { #expect(found == seen, "vCPU \(vcpu.index)") }
      let comment = Comment("vCPU \(vcpu.index): \(found), perf \(seen)")
      #expect(found.allSatisfy { $0.value <= seen[$0.key] ?? 0 }, comment)
      #expect(all - min(all, found.values.reduce(0, +)) <= all / 100, comment)
    }
  }

  @Test(arguments: AttachLab.traces)
  func everythingThatCanBeCheckedHolds(file: String) throws {
    let report = try AttachLab.report(file)
    #expect(report.totals.lost == 0)
    #expect(report.totals.unknown == 0)
    #expect(report.totals.inversions == 0)
    #expect(report.totals.roundTrips > 100)
    for name in ["file", "losses", "order", "reasons", "time_closure"] {
      let check = try #require(report.verdict.checks.first { $0.name == name })
      #expect(check.state == "ok", "\(check.text)")
    }
    #expect(report.vcpus.count == 2)
  }

  /// But for the first and the last of a vCPU, and for kicks, which may keep it from entering at all.
  @Test(arguments: AttachLab.traces)
  func everyExitHasItsStages(file: String) throws {
    let report = try AttachLab.report(file)
    for vcpu in report.vcpus {
      let kernel = try #require(vcpu.kernel)
      #expect(kernel.exits.unpaired <= 1 && kernel.exits.lost == 0)
      #expect(kernel.roundTrips.unpaired <= 2 + vcpu.kicks && kernel.roundTrips.lost == 0)
      #expect(kernel.misplaced == 0)
    }
    for site in report.sites where site.interval == "exit_to_entry" {
      #expect(site.stages?.count == site.count, "\(site.site)")
    }
    let heavy = report.sites.filter { $0.interval == "vmm" && $0.class == "heavy" }
    #expect(Set(heavy.map(\.reason)).isSuperset(of: ["KVM_EXIT_IO", "KVM_EXIT_MMIO"]))
    // The serial port and the IDE disk that the firmware looks at.
    #expect(heavy.contains { $0.site == "pio write 0x3f8/1" })
    #expect(heavy.contains { $0.site == "pio read 0x1f7/1" }, "\(heavy.map(\.site))")
    for site in heavy where site.count > 20 { #expect((site.stages?.vmmCycles ?? 0) > 0, "\(site.site)") }
  }

  @Test func whatTheMachineMonitorCalledIsNamed() throws {
    let calls = try AttachLab.report("trace.sortie").systemCalls
    #expect(calls.contains { $0.site.hasPrefix("pio write") && $0.call != nil && $0.count > 0 })
    for (site, rows) in Dictionary(grouping: calls, by: \.site) {
      let share = rows.compactMap(\.share).reduce(0, +)
      #expect(abs(share - 1) < 1e-6, "\(site): \(share)")
    }
  }

  /// All of them from before the first `KVM_RUN` to the end: what was kept of the same exits says the same of them.
  @Test(.enabled(if: LinuxLab.boots > 0, "takes long: make test-long"))
  func histogramsFiltersAndTopSayTheSame() throws {
    let all = try AttachLab.report("trace.sortie")
    let kept = try AttachLab.report("aggregate.sortie")
    let filtered = try AttachLab.report("npf.sortie")
    #expect(kept.aggregate && !all.aggregate && kept.totals.lost == 0 && filtered.totals.lost == 0)
    func exits(_ report: AttachLab.Report) -> [String: UInt64] {
      Dictionary(uniqueKeysWithValues: report.exits.map { ($0.reason, $0.count) })
    }
    #expect(exits(kept) == exits(all))
    #expect(kept.totals.roundTrips == all.totals.roundTrips)
    for name in ["file", "losses", "order", "reasons", "time_closure"] {
      let check = try #require(kept.verdict.checks.first { $0.name == name })
      #expect(check.state == "ok", "\(check.text)")
    }
    // A reason's operations, whatever became of them; the last exit of a vCPU is no operation.
    let (faults, found) = (exits(all)["SVM_EXIT_NPF"] ?? 0, exits(filtered)["SVM_EXIT_NPF"] ?? 0)
    #expect(faults > 100 && found <= faults && found + 2 >= faults, "\(found) of \(faults)")
    #expect(exits(filtered).filter { $0.key != "SVM_EXIT_NPF" }.values.reduce(0, +) <= 2)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let intervals = try AttachLab.left("top.json").split(separator: "\n").map {
      try decoder.decode(AttachLab.Interval.self, from: Data($0.utf8))
    }
    let figures = intervals.flatMap(\.vms).map(\.figures)
    let returns = figures.reduce(UInt64(0)) { $0 + $1.heavy + $1.kicks }
    let light = figures.reduce(UInt64(0)) { $0 + ($1.light ?? 0) }
    let lightSeen = all.exits.reduce(UInt64(0)) { $0 + $1.light }
    #expect(returns <= all.totals.roundTrips && returns + 4 >= all.totals.roundTrips)
    #expect(light <= lightSeen && light + lightSeen / 1000 + 4 >= lightSeen, "\(light) of \(lightSeen)")
  }

  @Test func theListHasTheVMByItsName() throws {
    let list = try AttachLab.left("list")
    #expect(list.contains { $0.isNewline })
    #expect(
      list.split(separator: "\n").contains { $0.contains("  lab  ") && $0.contains("qemu-system-x86_64") },
      "\(list)")
  }

  @Test func aVMThatStartsAfterAllBeganIsFoundAndItsEndIsSaid() throws {
    let said = try AttachLab.left("all.said")
    #expect(said.contains("attached to lab (process ") && said.contains("has ended"), "\(said)")
  }
}

/// What the lab's step that attaches to QEMU left.
enum AttachLab {
  /// What each attacher recorded: the one by name, and the one of all VMs.
  static let traces = ["trace.sortie", "all.sortie"]

  /// Samples of `kvm_exit` by thread and name.
  static let perf = Result { try PerfReasons.samples(recordedBy: file("perf.data")) }

  static func file(_ name: String) throws -> FilePath { try LinuxLab.boot.file(name, of: "attach") }

  /// What is in a file that it left.
  static func left(_ file: String) throws -> String { try LinuxLab.boot.contents(of: "attach.files/\(file)") }

  private static let reports = Mutex<[String: Report]>([:])

  /// The report on a trace.
  static func report(_ name: String) throws -> Report {
    if let known = reports.withLock({ $0[name] }) { return known }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let report = try decoder.decode(Report.self, from: Data(LabBoot.report(on: file(name)).utf8))
    reports.withLock { $0[name] = report }
    return report
  }

  /// The part of the report that is looked at.
  struct Report: Decodable, Sendable {
    struct Totals: Decodable {
      var roundTrips: UInt64
      var lost: UInt64
      var unknown: UInt64
      var inversions: UInt64
    }
    struct Marks: Decodable {
      var unpaired: UInt64
      var lost: UInt64
    }
    struct Kernel: Decodable {
      var exits: Marks
      var roundTrips: Marks
      var misplaced: UInt64
    }
    struct VCPU: Decodable {
      var vcpu: UInt32
      var kicks: UInt64
      var kernel: Kernel?
    }
    struct Stages: Decodable {
      var count: UInt64
      var vmmCycles: Double
    }
    struct Site: Decodable {
      var reason: String
      var site: String
      var `class`: String
      var interval: String
      var count: UInt64
      var stages: Stages?
    }
    struct Call: Decodable {
      var site: String
      var call: String?
      var count: UInt64
      var share: Double?
    }
    struct Exit: Decodable {
      var reason: String
      var count: UInt64
      var light: UInt64
    }
    var aggregate: Bool
    var totals: Totals
    var exits: [Exit]
    var verdict: LinuxLab.Report.Verdict
    var vcpus: [VCPU]
    var sites: [Site]
    var systemCalls: [Call]
  }
  /// The part of what `sortie top` says of an interval.
  struct Interval: Decodable {
    struct VM: Decodable { var figures: Figures }
    struct Figures: Decodable {
      var light: UInt64?
      var heavy: UInt64
      var kicks: UInt64
    }
    var vms: [VM]
  }
}
