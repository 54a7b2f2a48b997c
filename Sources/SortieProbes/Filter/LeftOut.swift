internal import SortieTrace

/// Writes what filters left out of one thread (``LeftOutEvent``).
enum LeftOut {
  /// One such event.
  struct Row {
    /// Of the first event left out.
    var tsc: UInt64
    /// Since when events are left out: before `tsc` where an event like this one came right before.
    var since: UInt64
    /// The last event left out.
    var until: UInt64
    var events: UInt64
    var operations: UInt64
    var thread: UInt32
    var owner: (vm: UInt64, vcpu: UInt64)?
  }

  private static func position(_ id: ColumnID) -> Int { KernelRows.kernel.firstIndex(of: id) ?? 0 }
  private static let since = position(.previous)
  private static let until = position(.number)
  private static let count = position(.count)
  private static let operations = position(.info1)
  private static let columns =
    [KernelRows.tsc, KernelRows.event, KernelRows.thread, since, until, count, operations]
    .reduce(UInt32(0)) { $0 | 1 << UInt32($1) }
  private static let ownerColumns: UInt32 = 1 << UInt32(KernelRows.vm) | 1 << UInt32(KernelRows.vcpu)

  /// Puts `row` into `rows`, of a stream of kind `kernel`. Precondition: they are not full.
  static func append(_ row: Row, to rows: KernelRows) {
    let index = rows.append(columns: columns | (row.owner == nil ? 0 : ownerColumns))
    rows.set(index, KernelRows.tsc, row.tsc)
    rows.set(index, KernelRows.event, LeftOutEvent.number)
    rows.set(index, KernelRows.thread, UInt64(row.thread))
    rows.set(index, since, row.since)
    rows.set(index, until, row.until)
    rows.set(index, count, row.events)
    rows.set(index, operations, row.operations)
    guard let owner = row.owner else { return }
    rows.set(index, KernelRows.vm, owner.vm)
    rows.set(index, KernelRows.vcpu, owner.vcpu)
  }
}
