/// Events by column in memory of whoever gathered them, before they are made a block of a trace: what an analysis of running
/// VMs reads. Valid only as long as the call that hands it over.
public struct EventRows {
  /// Events.
  public let count: Int
  /// What the columns mean, at most 32.
  public let columns: [ColumnID]
  /// The value of column `i` in row `r` stands at `i * stride + r`.
  public let values: UnsafePointer<UInt64>
  /// Rows there is room for in each column.
  public let stride: Int
  /// Bit `i` of word `r`: column `i` of row `r` has a value.
  public let present: UnsafePointer<UInt32>

  /// `count` rows. Precondition: the memory holds what the properties say.
  public init(
    count: Int, columns: [ColumnID], values: UnsafePointer<UInt64>, stride: Int,
    present: UnsafePointer<UInt32>
  ) {
    self.count = count
    self.columns = columns
    self.values = values
    self.stride = stride
    self.present = present
  }
}

/// Takes the kernel's events as they happen, instead of a trace.
public protocol LiveEventSink: AnyObject {
  /// The next events of one CPU, in order of time; of another kind than those before, they may be earlier.
  func take(_ rows: EventRows)
  /// Events of one CPU are missing between two stamps, host TSC. It is told before what lies behind is handed over. `count`
  /// nil: nobody knows how many.
  func lose(from first: UInt64, to last: UInt64, cause: LossCause, count: UInt64?)
}
