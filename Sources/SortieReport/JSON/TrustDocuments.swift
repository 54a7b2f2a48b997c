import SortieAnalysis

struct VerdictDocument: Encodable, Sendable {
  struct Check: Encodable, Sendable {
    var name: String
    var state: String
    @OrNull var measured: Double?
    var limit: Double
    var text: String
  }

  var holds: Bool
  var checks: [Check]

  init(_ analysis: Analysis) {
    holds = !analysis.checks.contains { $0.state == .failed }
    checks = analysis.checks.map { check in
      Check(
        name: check.name.rawValue, state: check.state.rawValue, measured: check.measured, limit: check.limit,
        text: check.text)
    }
  }
}

struct SchedulerDocument: Encodable, Sendable {
  var windowCycles: UInt64
  var onCpuNs: UInt64
  var runDelayNs: UInt64
  var timeslices: UInt64
  @OrNull var eventsOnCpuCycles: UInt64?
  @OrNull var eventsAsleepCycles: UInt64?
  @OrNull var differenceShare: Double?
  @OrNull var onCpuDifferenceShare: Double?
  var uncertaintyShare: Double
  var onCpuUncertaintyShare: Double
  var lag: LagDocument

  init(_ agreement: SchedulerAgreement) {
    windowCycles = agreement.window
    onCpuNs = agreement.onCPU
    runDelayNs = agreement.runDelay
    timeslices = agreement.timeslices
    eventsOnCpuCycles = agreement.eventsOnCPU
    eventsAsleepCycles = agreement.eventsAsleep
    differenceShare = agreement.differenceShare
    onCpuDifferenceShare = agreement.onCPUDifferenceShare
    uncertaintyShare = agreement.uncertaintyShare
    onCpuUncertaintyShare = agreement.onCPUUncertaintyShare
    lag = LagDocument(agreement.lag)
  }
}

struct LagDocument: Encodable, Sendable {
  struct Delay: Encodable, Sendable {
    var count: UInt64
    var leastCycles: UInt64
    var mostCycles: UInt64

    init(_ delay: SchedulerLag.Delay) {
      count = delay.count
      leastCycles = delay.least
      mostCycles = delay.most
    }
  }

  var sleeps: Delay
  var preemptions: Delay
  var wakeups: Delay
  var arrivals: Delay
  var otherArrivals: UInt64

  init(_ lag: SchedulerLag) {
    sleeps = Delay(lag.sleeps)
    preemptions = Delay(lag.preemptions)
    wakeups = Delay(lag.wakeups)
    arrivals = Delay(lag.arrivals)
    otherArrivals = lag.otherArrivals
  }
}
