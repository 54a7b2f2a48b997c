public import SortieTrace

extension KernelFixture {
  /// The layouts of all events that there are fixtures of.
  public static var allFormats: [EventFormatRow] { formats + callFormats }

  /// Hands `events` over as a look at one CPU's buffer does.
  public static func hand(_ events: [KernelFixture], to sink: some LiveEventSink) {
    let set = columns(events)
    let count = events.count
    var values = [UInt64](repeating: 0, count: max(1, set.columns.count * count))
    var present = [UInt32](repeating: 0, count: max(1, count))
    for (position, column) in set.columns.enumerated() {
      guard case .integers(let integers) = column.values else { continue }
      for row in 0..<count where column.isPresent(row) {
        values[position * count + row] = integers[row]
        present[row] |= 1 << UInt32(position)
      }
    }
    values.withUnsafeBufferPointer { values in
      present.withUnsafeBufferPointer { present in
        guard let values = values.baseAddress, let present = present.baseAddress else { return }
        sink.take(
          EventRows(
            count: count, columns: set.columns.map(\.id), values: values, stride: count, present: present))
      }
    }
  }
}
