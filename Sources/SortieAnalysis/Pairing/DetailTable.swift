/// Events that say what KVM did for a guest, counted by what they say. Bounded whatever a trace says.
struct DetailTable {
  /// What makes two events the same.
  struct Key: Hashable {
    var event: DetailEvent
    var detail: ExitDetail
  }

  /// What came when the table was full has ``ExitDetail/other``.
  private(set) var counts: [Key: UInt64] = [:]

  /// Details that are told apart.
  static let limit = 512

  mutating func count(_ event: DetailEvent, _ detail: ExitDetail) {
    add(1, Key(event: event, detail: detail))
  }

  mutating func add(_ other: DetailTable) {
    for (key, count) in other.counts { add(count, key) }
  }

  private mutating func add(_ count: UInt64, _ key: Key) {
    let isKept = counts.count < Self.limit || counts[key] != nil
    counts[isKept ? key : Key(event: key.event, detail: .other), default: 0] &+= count
  }
}
