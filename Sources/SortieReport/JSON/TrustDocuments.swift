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
  var sleeps: UInt64
  var leavingCycles: UInt64
  var readingCycles: UInt64
  var wakeups: UInt64
  var wakingCycles: UInt64

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
    sleeps = agreement.lag.sleeps
    leavingCycles = agreement.lag.leaving
    readingCycles = agreement.lag.reading
    wakeups = agreement.lag.wakeups
    wakingCycles = agreement.lag.waking
  }
}
