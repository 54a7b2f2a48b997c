/// What the exits of one site added up to.
struct SiteSums {
  /// Durations.
  var cycles = Distribution()
  /// Beside them, numbers that add up.
  var numbers = Numbers()

  struct Numbers: NamedSums {
    /// Events, timed or not.
    var count: UInt64 = 0
    /// Elements of string instructions.
    var elements: UInt64 = 0
    /// Stages of episodes.
    var stages = StageSums()
    var switches = SwitchSums()
    /// What became of the exits of a hardware reason.
    var exits = ExitReasonTable.Counts()

    /// Events, or exits of a hardware reason.
    var events: UInt64 {
      count &+ exits.light &+ exits.heavy &+ exits.kicked &+ exits.unpaired &+ exits.unclassified
    }

    static var fields: [NamedField<Numbers>] {
      [NamedField("count", \.count), NamedField("elements", \.elements)]
        + StageSums.fields("stages_", in: \Numbers.stages)
        + SwitchSums.fields("switches_", in: \.switches)
        + ExitReasonTable.Counts.fields("exits_", in: \.exits)
    }
  }

  /// Names of the sum and of the longest of the durations.
  static let (sum, maximum) = ("cycles", "maximum")

  mutating func add(_ other: SiteSums) {
    cycles.add(other.cycles)
    numbers.add(other.numbers)
  }
}
