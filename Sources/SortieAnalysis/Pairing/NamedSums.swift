/// Numbers that only ever grow, each with the name that it has in a trace.
protocol NamedSums {
  /// All of them 0.
  init()
  /// The names, and where the numbers are.
  static var fields: [NamedField<Self>] { get }
}

/// A number among others.
struct NamedField<Root> {
  var name: String
  var path: WritableKeyPath<Root, UInt64>

  init(_ name: String, _ path: WritableKeyPath<Root, UInt64>) { (self.name, self.path) = (name, path) }
}

extension NamedSums {
  /// The numbers as a trace names them; names that this version does not know are passed over.
  init(_ numbers: [String: UInt64]) {
    self.init()
    for field in Self.fields { self[keyPath: field.path] = numbers[field.name] ?? 0 }
  }

  /// The same numbers as part of something else, `prefix` before their names.
  static func fields<Whole>(_ prefix: String, in part: WritableKeyPath<Whole, Self>) -> [NamedField<Whole>] {
    fields.map { NamedField(prefix + $0.name, part.appending(path: $0.path)) }
  }

  /// What has come since `earlier`. What was taken for another thing then has none.
  func since(_ earlier: Self) -> Self {
    var growth = self
    for field in Self.fields {
      let (now, before) = (self[keyPath: field.path], earlier[keyPath: field.path])
      growth[keyPath: field.path] = now > before ? now - before : 0
    }
    return growth
  }

  mutating func add(_ other: Self) {
    for field in Self.fields { self[keyPath: field.path] &+= other[keyPath: field.path] }
  }
}

extension TimeParts: NamedSums {
  static var fields: [NamedField<TimeParts>] {
    [
      NamedField("guest", \.guest), NamedField("kernel", \.kernel), NamedField("switch_out", \.switchOut),
      NamedField("vmm", \.vmm), NamedField("switch_in", \.switchIn), NamedField("blocked", \.blocked),
      NamedField("polled", \.polled), NamedField("off_cpu", \.offCPU), NamedField("slept", \.slept),
      NamedField("undivided", \.undivided), NamedField("outside", \.outside),
      NamedField("unaccounted", \.unaccounted), NamedField("left_out", \.leftOut),
      NamedField("unseen", \.unseen),
    ]
  }
}

extension MarkTally: NamedSums {
  static var fields: [NamedField<MarkTally>] {
    [NamedField("paired", \.paired), NamedField("unpaired", \.unpaired), NamedField("lost", \.lost)]
  }
}

extension EpisodeTally: NamedSums {
  static var fields: [NamedField<EpisodeTally>] {
    MarkTally.fields("exits_", in: \EpisodeTally.exits)
      + MarkTally.fields("entries_", in: \.entries) + MarkTally.fields("unloads_", in: \.unloads)
      + MarkTally.fields("loads_", in: \.loads)
      + MarkTally.fields("userspace_exits_", in: \.userspaceExits)
      + MarkTally.fields("switches_", in: \.switches) + MarkTally.fields("round_trips_", in: \.roundTrips)
      + [
        NamedField("reentries", \.reentries), NamedField("wakeups", \.wakeups), NamedField("woken", \.woken),
        NamedField("clock_readings", \.clockReadings), NamedField("details", \.details),
        NamedField("outside", \.outside), NamedField("inversions", \.inversions),
        NamedField("misplaced", \.misplaced), NamedField("unseen_returns", \.unseenReturns),
        NamedField("light", \.light), NamedField("heavy", \.heavy), NamedField("kicked", \.kicked),
        NamedField("unclassified", \.unclassified),
      ]
  }
}

extension StageSums: NamedSums {
  static var fields: [NamedField<StageSums>] {
    [
      NamedField("count", \.count), NamedField("exit_path", \.sums.exitPath),
      NamedField("switching", \.sums.switching), NamedField("kernel", \.sums.kernel),
      NamedField("vmm", \.sums.vmm), NamedField("device", \.sums.device),
      NamedField("entry_path", \.sums.entryPath), NamedField("guest", \.sums.guest),
      NamedField("blocked", \.sums.blocked), NamedField("off_cpu", \.sums.offCPU),
    ]
  }
}

extension SwitchSums: NamedSums {
  static var fields: [NamedField<SwitchSums>] {
    [NamedField("count", \.count), NamedField("cycles", \.cycles), NamedField("vmm", \.vmm)]
  }
}

extension ExitReasonTable.Counts: NamedSums {
  static var fields: [NamedField<ExitReasonTable.Counts>] {
    [
      NamedField("light", \.light), NamedField("heavy", \.heavy), NamedField("kicked", \.kicked),
      NamedField("unpaired", \.unpaired), NamedField("unclassified", \.unclassified),
    ]
  }
}
