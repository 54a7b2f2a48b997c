public import SortieAnalysis

/// A VM as `sortie top` shows it.
public struct TopVM: Sendable {
  /// Its name. It may hold anything.
  public var name: String
  /// The process it runs in.
  public var pid: UInt32
  /// What it did in the interval.
  public var live: LiveVM
  /// It ended in the interval.
  public var hasEnded: Bool

  /// A VM that did this.
  public init(name: String, pid: UInt32, live: LiveVM, hasEnded: Bool = false) {
    self.name = name
    self.pid = pid
    self.live = live
    self.hasEnded = hasEnded
  }
}

/// What VMs did in an interval, and how well that is known.
public struct TopSnapshot: Sendable {
  /// The VMs, in the order they were found.
  public var vms: [TopVM]
  /// Where the interval begins, host TSC.
  public var from: UInt64
  /// Where it ends.
  public var until: UInt64
  /// Seconds from the beginning to the end of the interval.
  public var time: Double
  /// Length of the interval, s.
  public var seconds: Double
  /// TSC frequency, kHz; nil where it is unknown: figures are cycles then.
  public var tscKilohertz: UInt64?
  /// What a kernel event costs the thread it happens on, cycles; nil where that could not be measured.
  public var eventCost: UInt64?
  /// Events of the kernel that were lost in the interval.
  public var lost: UInt64
  /// The same since the beginning.
  public var lostInAll: UInt64
  /// Why light exits are unknown; nil: they are known.
  public var lightAbsence: String?
  /// CPU time of `sortie top` itself over the length of the interval.
  public var ownShare: Double
  /// The latest thing that happened, in words.
  public var message: String?

  /// A snapshot with these values.
  public init(
    vms: [TopVM], from: UInt64 = 0, until: UInt64 = 0, time: Double, seconds: Double, tscKilohertz: UInt64?,
    eventCost: UInt64? = nil,
    lost: UInt64 = 0, lostInAll: UInt64 = 0, lightAbsence: String? = nil, ownShare: Double = 0,
    message: String? = nil
  ) {
    self.vms = vms
    self.from = from
    self.until = until
    self.time = time
    self.seconds = seconds
    self.tscKilohertz = tscKilohertz
    self.eventCost = eventCost
    self.lost = lost
    self.lostInAll = lostInAll
    self.lightAbsence = lightAbsence
    self.ownShare = ownShare
    self.message = message
  }

  /// Events of the kernel on the vCPU threads.
  var events: UInt64 { vms.reduce(0) { $0 &+ $1.live.figures.events } }

  /// Events for each exit: for each return of `KVM_RUN` where exits are unknown; nil without any.
  var eventsPerExit: Double? {
    let exits = vms.reduce(UInt64(0)) { sum, vm in
      let figures = vm.live.figures
      return sum &+ (figures.exits ?? figures.heavy &+ figures.kicks)
    }
    return exits > 0 ? Double(events) / Double(exits) : nil
  }

  /// What the probes take of the time of the vCPU threads; nil where that is not known.
  var probeShare: Double? {
    let wall = vms.reduce(UInt64(0)) { $0 &+ $1.live.figures.wall }
    guard let eventCost, wall > 0 else { return nil }
    return Double(events) * Double(eventCost) / Double(wall)
  }
}
