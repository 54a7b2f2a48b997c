/// A record of fixed size that gathers until a block is full.
protocol StoredRecord: BitwiseCopyable {
  /// Its stamps, cycles; 0 for one that was not taken.
  var stamps: [UInt64] { get }
  /// Records as columns. Sites that are new go into `sites`.
  static func columns(
    of records: UnsafeBufferPointer<Self>, sites: inout SiteDictionary
  ) -> ColumnSet
}

extension UnsafeBufferPointer where Element: StoredRecord {
  /// The least and the greatest stamp taken, or nil where there is none.
  var stampRange: ClosedRange<UInt64>? {
    var least = UInt64.max
    var greatest: UInt64 = 0
    for record in self {
      for stamp in record.stamps where stamp != 0 {
        least = Swift.min(least, stamp)
        greatest = Swift.max(greatest, stamp)
      }
    }
    return least <= greatest ? least...greatest : nil
  }
}

extension RoundTripRecord: StoredRecord {
  var stamps: [UInt64] { [u0, d0, d1, u1] }

  static func columns(
    of records: UnsafeBufferPointer<RoundTripRecord>, sites: inout SiteDictionary
  ) -> ColumnSet {
    var indices = [UInt32](repeating: 0, count: records.count)
    var previous: (key: SiteKey, index: UInt32)?
    for (row, record) in records.enumerated() {
      let key = SiteKey(record)
      if let previous, previous.key == key {
        indices[row] = previous.index
      } else {
        let index = sites.index(of: key).map { UInt32($0) } ?? .max
        indices[row] = index
        previous = (key, index)
      }
    }
    return indices.withUnsafeBufferPointer { RoundTripColumnizer.columns(records, sites: $0) }
  }
}

extension GuestSpanRecord: StoredRecord {
  var stamps: [UInt64] { [g0, g1] }

  static func columns(
    of records: UnsafeBufferPointer<GuestSpanRecord>, sites: inout SiteDictionary
  ) -> ColumnSet {
    ColumnSet(
      count: records.count,
      columns: [Column(.g0, .integers(records.map(\.g0))), Column(.g1, .integers(records.map(\.g1)))])
  }
}
