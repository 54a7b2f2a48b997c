import SortieAnalysis

struct OutlierDocument: Encodable, Sendable {
  var vcpu: UInt32
  var tsc: UInt64
  @OrNull var seconds: Double?
  var cycles: UInt64
  var cause: String
  @OrNull var causeCycles: UInt64?
  @OrNull var thread: UInt32?
  @OrNull var threadName: String?
  @OrNull var place: String?
  @OrNull var placeCycles: UInt64?

  init(_ outlier: Outlier, origin: UInt64?, _ kilohertz: UInt64?) {
    vcpu = outlier.vcpu
    tsc = outlier.tsc
    seconds = outlier.seconds(since: origin, kilohertz).flatMap(Double.init)
    cycles = outlier.cycles
    cause = outlier.cause.rawValue
    causeCycles = outlier.causeCycles
    thread = outlier.preemptor
    threadName = outlier.preemptorName
    place = outlier.place?.rawValue
    placeCycles = outlier.placeCycles
  }
}

extension Outlier {
  /// When it began, seconds after `origin`, host TSC, as a dump has it; nil where that or the frequency is unknown.
  func seconds(since origin: UInt64?, _ kilohertz: UInt64?) -> String? {
    guard let origin, tsc >= origin else { return nil }
    return secondsText(tsc - origin, kilohertz)
  }
}

struct ClassesDocument: Encodable, Sendable {
  var heavyChangeCycles: CyclesDocument
  var lectureHeavyChangeCycles: UInt64
  var heavyEpisodeCycles: CyclesDocument
  @OrNull var lightEpisodeCycles: CyclesDocument?
  var lightOperationCycles: CyclesDocument

  init(_ classes: ClassCosts) {
    heavyChangeCycles = CyclesDocument(classes.heavyChange)
    lectureHeavyChangeCycles = ClassCosts.lectureHeavyChange
    heavyEpisodeCycles = CyclesDocument(classes.heavyEpisodes)
    lightEpisodeCycles = classes.lightEpisodes.map(CyclesDocument.init)
    lightOperationCycles = CyclesDocument(classes.lightOperations)
  }
}

struct LazyStateDocument: Encodable, Sendable {
  @OrNull var fpuUnloads: UInt64?
  @OrNull var fpuLoads: UInt64?
  @OrNull var hostStateReloads: UInt64?
  @OrNull var fpuReloads: UInt64?

  init(_ state: LazyState) {
    fpuUnloads = state.fpuUnloads
    fpuLoads = state.fpuLoads
    hostStateReloads = state.hostStateReloads
    fpuReloads = state.fpuReloads
  }
}
