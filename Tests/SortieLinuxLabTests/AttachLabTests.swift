import FoundationEssentials
import Glibc
import LabBoot
import SortieTrace
import SystemPackage
import Testing

/// `sortie attach` on Debian's QEMU, which is as it comes, while it boots Linux.
@Suite(.serialized, .needsLinuxLab)
struct AttachLabTests {
  @Test(arguments: AttachLab.steps)
  func theVMAndTheAttachersEndAsTheyShould(step: String) throws {
    let outcome = try AttachLab.boot.outcome(step)
    let said = try AttachLab.left("said", by: step)
    #expect(outcome.status == 0, "\(outcome.errors.suffix(1000)) \(outcome.output.suffix(1000)) \(said)")
    let console = try AttachLab.left("console", by: step)
    for words in ["up with 2 processors", "disk read", "disk written", "end"] {
      #expect(console.contains("guest: \(words)"), "\(words)")
    }
    #expect(try AttachLab.left("instances", by: step).isEmpty)
  }

  @Test(.needsAllBoots, arguments: ["trace.sortie", "second.sortie"])
  func exitsOfEachVCPUAreThoseThatPerfSaw(file: String) throws {
    let trace = try LabTrace(AttachLab.boot.file(file, of: "whole"))
    let reasons = try PerfReasons.numbers(trace.file)
    let perf = try PerfReasons.samples(AttachLab.left("perf.exits", by: "whole"))
    #expect(trace.vcpus.count == 2)
    for vcpu in trace.vcpus {
      let thread = try #require(vcpu.thread)
      var seen: [UInt32: UInt64] = [:]
      for (reason, count) in try #require(perf[thread]) {
        seen[try #require(reasons[reason], "\(reason)")] = count
      }
      #expect(seen.values.reduce(0, +) > 1000)
      #expect(vcpu.exitsByReason == seen, "vCPU \(vcpu.index)")
    }
  }

  @Test(arguments: AttachLab.traces)
  func everythingThatCanBeCheckedHolds(step: String, file: String) throws {
    let report = try AttachLab.report(file, of: step)
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

  /// But for the first and the last of a vCPU, and those beside a thread switch that nobody saw.
  @Test(.needsAllBoots, arguments: ["trace.sortie", "second.sortie"])
  func everyExitHasItsStages(file: String) throws {
    let report = try AttachLab.report(file, of: "whole")
    for vcpu in report.vcpus {
      let kernel = try #require(vcpu.kernel)
      #expect(kernel.exits.unpaired <= 1 && kernel.exits.lost == 0)
      #expect(kernel.roundTrips.unpaired <= 2 && kernel.roundTrips.lost == 0)
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

  @Test(.needsAllBoots) func whatTheMachineMonitorCalledIsNamed() throws {
    let calls = try AttachLab.report("trace.sortie", of: "whole").systemCalls
    #expect(calls.contains { $0.site.hasPrefix("pio write") && $0.call != nil && $0.count > 0 })
    for (site, rows) in Dictionary(grouping: calls, by: \.site) {
      let share = rows.compactMap(\.share).reduce(0, +)
      #expect(abs(share - 1) < 1e-6, "\(site): \(share)")
    }
  }

  @Test(.needsAllBoots) func theListHasTheVMByItsName() throws {
    let list = try AttachLab.left("list", by: "whole")
    #expect(list.contains { $0.isNewline })
    #expect(
      list.split(separator: "\n").contains { $0.contains("  lab  ") && $0.contains("qemu-system-x86_64") },
      "\(list)")
  }

  @Test(.needsAllBoots) func whatAKilledAttacherLeftTheNextOneRemoved() throws {
    #expect(try AttachLab.left("said", by: "part").contains("removed what a killed recorder had left"))
  }
}

/// The boot of the lab that attaches to QEMU.
enum AttachLab {
  /// Whether there is time for boots under perf and two attachers, and for one that is attached to in the middle.
  static let isLong = getenv("SORTIE_TEST_LONG") != nil
  static let steps = isLong ? ["whole", "part", "all"] : ["all"]

  /// What each step records.
  static let traces = steps.flatMap { step in
    (step == "whole" ? ["trace.sortie", "second.sortie"] : ["trace.sortie"]).map { (step, $0) }
  }

  static let boot = LabBoot(
    name: "attach",
    options: "--qemu --linux --perf --memory 2048 --limit 900 --add '\(LabBoot.root)/Tests/Lab/attach-step'",
    commands: steps.map { ($0, "attach-step \($0)") })

  /// What a step left in a file.
  static func left(_ file: String, by step: String) throws -> String {
    try boot.contents(of: "\(step).files/\(file)")
  }

  /// The report on a trace, as JSON.
  static func report(_ file: String, of step: String) throws -> Report {
    let trace = try boot.file(file, of: step)
    let tool = LabBoot.root.appending(".build/static/release/sortie")
    let (status, output) = LabBoot.shell("'\(tool)' report '\(trace)' --json")
    try #require(status == 0)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Report.self, from: Data(output.utf8))
  }

  /// The part of the report that is looked at.
  struct Report: Decodable {
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
    var totals: Totals
    var verdict: LinuxLab.Report.Verdict
    var vcpus: [VCPU]
    var sites: [Site]
    var systemCalls: [Call]
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips where there is no time for more than one boot.
  fileprivate static var needsAllBoots: ConditionTrait {
    .enabled(if: AttachLab.isLong, "takes minutes: make test-long")
  }
}
