import SortieTrace

/// One thing that must hold for the figures to be believed, and whether it does.
public struct TrustCheck: Sendable, Equatable {
  /// What is checked.
  public enum Name: String, Sendable {
    /// The file is all that was recorded.
    case file
    /// Nothing was declared lost.
    case losses
    /// Every event is in an order that can be.
    case order
    /// Every exit has a reason with a name.
    case reasons
    /// The parts of the threads' time make their wall time.
    case timeClosure = "time_closure"
    /// The scheduler says the same of the threads' time.
    case schedstat
    /// The scheduler splits that time into running and waiting as the events do.
    case schedstatSplit = "schedstat_split"
    /// KVM counted as many exits as there are events.
    case exitCount = "exit_count"
  }

  /// How it came out.
  public enum State: String, Sendable {
    case ok
    case failed
    /// This trace or its host cannot tell.
    case unknown
  }

  /// What was checked.
  public var name: Name
  /// How it came out.
  public var state: State
  /// What was found, in the check's own unit: events, exits, or a share; nil where that is unknown.
  public var measured: Double?
  /// The most it may be.
  public var limit: Double
  /// The outcome in words, to stand in a list.
  public var text: String

  /// Largest share of the wall time that the parts may miss.
  public static let closureLimit = 0.001
  /// Largest share of the wall time by which the scheduler may disagree, but where its events are less certain than that.
  public static let schedulerLimit = 0.01

  private init(_ name: Name, _ measured: Double?, limit: Double = 0, _ text: String) {
    self.name = name
    self.measured = measured
    self.limit = limit
    self.text = text
    state = measured.map { $0 <= limit ? .ok : .failed } ?? .unknown
  }

  /// All checks; `fileWarnings`: what is wrong with the file itself.
  static func all(of analysis: Analysis, fileWarnings: Int) -> [TrustCheck] {
    let totals = analysis.totals
    return [
      TrustCheck(
        .file, Double(fileWarnings), fileWarnings == 0 ? "the file is whole" : "the file is not whole"),
      losses(analysis),
      TrustCheck(
        .order, Double(totals.inversions.addingSaturated(totals.misplaced)),
        totals.inversions == 0 && totals.misplaced == 0
          ? "every event in order"
          : "\(grouped(totals.inversions)) events out of order, \(grouped(totals.misplaced)) misplaced"
      ),
      TrustCheck(
        .reasons, Double(totals.unknown),
        totals.unknown == 0 ? "every reason known" : "\(grouped(totals.unknown)) exits of unknown reasons"),
      closure(analysis), scheduler(analysis), split(analysis), exits(analysis),
    ]
  }

  private static func losses(_ analysis: Analysis) -> TrustCheck {
    guard !analysis.unwantedLosses.isEmpty else {
      return TrustCheck(
        .losses, 0, analysis.cutOmission.map { "nothing lost (\($0))" } ?? "nothing lost")
    }
    let (lost, unknown) = (analysis.totals.lost, analysis.totals.lossesOfUnknownCount)
    return TrustCheck(
      .losses, max(1, Double(lost)),
      "\(grouped(lost)) events lost" + (unknown > 0 ? " and others nobody knows how many" : ""))
  }

  private static func closure(_ analysis: Analysis) -> TrustCheck {
    if let omission = analysis.filterOmission {
      return TrustCheck(.timeClosure, nil, limit: closureLimit, "time closure (\(omission))")
    }
    guard let closure = TimeClosure(analysis.vcpus) else {
      return TrustCheck(.timeClosure, nil, limit: closureLimit, "time closure")
    }
    return TrustCheck(
      .timeClosure, closure.gapShare, limit: closureLimit,
      "time closes to \(percentRoundedDown(1 - closure.gapShare)) %")
  }

  private static func scheduler(_ analysis: Analysis) -> TrustCheck {
    let text = "agreement with schedstat"
    guard let agreement = analysis.totals.scheduler, let share = agreement.checkedShare else {
      return TrustCheck(.schedstat, nil, limit: schedulerLimit, text)
    }
    if let omission = analysis.filterOmission {
      return TrustCheck(.schedstat, nil, limit: schedulerLimit, "\(text) (\(omission))")
    }
    return TrustCheck(
      .schedstat, share, limit: max(schedulerLimit, agreement.uncertaintyShare),
      "schedstat agrees to \(percentRoundedDown(1 - share)) %")
  }

  private static func split(_ analysis: Analysis) -> TrustCheck {
    let text = "agreement on time on a CPU alone"
    guard let agreement = analysis.totals.scheduler, let share = agreement.onCPUDifferenceShare else {
      return TrustCheck(.schedstatSplit, nil, limit: schedulerLimit, text)
    }
    if let omission = analysis.filterOmission {
      return TrustCheck(.schedstatSplit, nil, limit: schedulerLimit, "\(text) (\(omission))")
    }
    return TrustCheck(
      .schedstatSplit, share, limit: max(schedulerLimit, agreement.onCPUUncertaintyShare),
      "on time on a CPU alone to \(percentRoundedDown(1 - share)) %")
  }

  private static func exits(_ analysis: Analysis) -> TrustCheck {
    let totals = analysis.totals
    if let omission = analysis.omission {
      return TrustCheck(.exitCount, nil, "KVM's count of exits (\(omission))")
    }
    guard let events = totals.exitEvents, let counted = totals.kvmCounterExits, totals.counterComparable
    else { return TrustCheck(.exitCount, nil, "KVM's count of exits") }
    let difference = counted > events ? counted - events : events - counted
    return TrustCheck(
      .exitCount, Double(difference),
      difference == 0
        ? "as many exits as KVM counted"
        : "\(grouped(events)) exits seen where KVM counted \(grouped(counted))")
  }
}

/// With three decimals, rounded down so that what is not whole never reads as 100; less than nothing reads as 0.
func percentRoundedDown(_ share: Double) -> String {
  let thousandths = Int((max(0, min(share, 1)) * 100_000).rounded(.down))
  let fraction = String(thousandths % 1000)
  return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
}
