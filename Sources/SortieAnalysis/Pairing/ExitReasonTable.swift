/// Exits by hardware reason. Bounded whatever a trace says.
struct ExitReasonTable {
  /// What became of the exits of one reason.
  struct Counts {
    var light: UInt64 = 0
    var heavy: UInt64 = 0
    var kicked: UInt64 = 0
    var unpaired: UInt64 = 0
    var unclassified: UInt64 = 0
  }

  /// Reasons beyond the limit have nil.
  private(set) var counts: [HardwareExitReason?: Counts] = [:]

  /// Reasons that are told apart; the vendors have some 160.
  private static let limit = 512

  mutating func count(_ reason: HardwareExitReason, _ fate: WritableKeyPath<Counts, UInt64>) {
    let key: HardwareExitReason? = counts[reason] != nil || counts.count < Self.limit ? reason : nil
    counts[key, default: Counts()][keyPath: fate] &+= 1
  }
}
