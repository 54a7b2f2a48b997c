import FoundationEssentials
import SortieAnalysis

/// A snapshot as one JSON object on a line; `sortie top --help` says what the keys mean.
public enum TopDocument {
  /// The line, with its end.
  ///
  /// - Throws: `EncodingError` if a number has no form in JSON; a snapshot has none that has not.
  public static func line(_ snapshot: TopSnapshot) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(Interval(snapshot))) + [UInt8(ascii: "\n")]
  }

  private struct Interval: Encodable {
    var time: Double
    var seconds: Double
    var fromTsc: UInt64
    var untilTsc: UInt64
    @OrNull var tscKhz: UInt64?
    @OrNull var eventCostCycles: UInt64?
    @OrNull var eventsPerExit: Double?
    @OrNull var probeShare: Double?
    var eventsLost: UInt64
    var eventsLostInAll: UInt64
    @OrNull var lightUnknownBecause: String?
    var ownCpuShare: Double
    var vms: [VM]

    init(_ snapshot: TopSnapshot) {
      time = snapshot.time
      seconds = snapshot.seconds
      fromTsc = snapshot.from
      untilTsc = snapshot.until
      tscKhz = snapshot.tscKilohertz
      eventCostCycles = snapshot.eventCost
      eventsPerExit = snapshot.eventsPerExit
      probeShare = snapshot.probeShare
      eventsLost = snapshot.lost
      eventsLostInAll = snapshot.lostInAll
      lightUnknownBecause = snapshot.lightAbsence
      ownCpuShare = snapshot.ownShare
      vms = snapshot.vms.map(VM.init)
    }
  }

  private struct VM: Encodable {
    var vm: UInt32
    var pid: UInt32
    var name: String
    var hasEnded: Bool
    var figures: Figures
    var vcpus: [VCPU]

    init(_ vm: TopVM) {
      self.vm = vm.live.vm
      pid = vm.pid
      name = vm.name
      hasEnded = vm.hasEnded
      figures = Figures(vm.live.figures)
      vcpus = vm.live.vcpus.map { VCPU(vcpu: $0.vcpu, figures: Figures($0.figures)) }
    }
  }

  private struct VCPU: Encodable {
    var vcpu: UInt32
    var figures: Figures
  }

  private struct Figures: Encodable {
    var wallCycles: UInt64
    @OrNull var exits: UInt64?
    @OrNull var light: UInt64?
    var heavy: UInt64
    var kicks: UInt64
    var kernelEvents: UInt64
    @OrNull var parts: Parts?
    var sites: [Site]
    var reasons: [Site]

    init(_ figures: LiveFigures) {
      wallCycles = figures.wall
      exits = figures.exits
      light = figures.light
      heavy = figures.heavy
      kicks = figures.kicks
      kernelEvents = figures.events
      parts = figures.parts.map { Parts($0, knowsExits: figures.exits != nil) }
      sites = figures.sites.map(Site.init)
      reasons = figures.reasons.map(Site.init)
    }
  }

  private struct Parts: Encodable {
    @OrNull var guestCycles: UInt64?
    @OrNull var kernelCycles: UInt64?
    var undividedCycles: UInt64
    var switchOutCycles: UInt64
    var vmmCycles: UInt64
    var switchInCycles: UInt64
    var blockedCycles: UInt64
    var offCpuCycles: UInt64
    var unaccountedCycles: UInt64

    init(_ parts: TimeParts, knowsExits: Bool) {
      guestCycles = knowsExits ? parts.guest : nil
      kernelCycles = knowsExits ? parts.kernel : nil
      undividedCycles = parts.undivided
      switchOutCycles = parts.switchOut
      vmmCycles = parts.vmm
      switchInCycles = parts.switchIn
      blockedCycles = parts.blocked
      offCpuCycles = parts.offCPU
      unaccountedCycles = parts.unaccounted
    }
  }

  private struct Site: Encodable {
    var reason: String
    @OrNull var site: String?
    var `class`: String
    var interval: String
    var count: UInt64
    @OrNull var timeShare: Double?
    var sumCycles: UInt64
    @OrNull var p50Cycles: UInt64?
    @OrNull var p99Cycles: UInt64?
    @OrNull var maximumCycles: UInt64?
    @OrNull var meanSwitchCycles: Double?
    @OrNull var meanVmmCycles: Double?
    @OrNull var stages: Stages?

    init(_ site: LiveSite) {
      reason = site.reason
      self.site = site.site
      self.class = site.exitClass.rawValue
      interval = site.interval.rawValue
      count = site.count
      timeShare = site.share
      sumCycles = site.cycles.sum
      p50Cycles = site.cycles.p50
      p99Cycles = site.cycles.p99
      maximumCycles = site.cycles.maximum
      meanSwitchCycles = site.switches?.switching
      meanVmmCycles = site.switches?.vmm
      stages = site.stages.map(Stages.init)
    }
  }

  private struct Stages: Encodable {
    var exits: UInt64
    var switchingCycles: Double
    var kernelCycles: Double
    var vmmCycles: Double
    var blockedCycles: Double
    var offCpuCycles: Double

    init(_ stages: StageSummary) {
      exits = stages.count
      switchingCycles = stages.switching
      kernelCycles = stages.kernel
      vmmCycles = stages.vmm
      blockedCycles = stages.blocked
      offCpuCycles = stages.offCPU
    }
  }
}
