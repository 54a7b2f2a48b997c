/// One bucket of events that were kept as a histogram only.
public struct HistogramRow: TraceRow, Equatable {
  /// ``TableID/histograms``.
  public static var table: TableID { .histograms }

  /// The stream they belong to.
  public var stream: StreamID
  /// Index into the site dictionary.
  public var site: UInt32?
  /// What was measured: 1 `vmm`, 2 `exit_to_entry`, 3 `guest_round_trip`.
  public var interval: UInt32
  /// Least value of the bucket, cycles.
  public var lowest: UInt64
  /// Greatest value of the bucket, cycles.
  public var highest: UInt64
  /// Events in it.
  public var count: UInt64

  /// A row with these values; see the properties for units.
  public init(
    stream: StreamID, site: UInt32? = nil, interval: UInt32, lowest: UInt64, highest: UInt64, count: UInt64
  ) {
    self.stream = stream
    self.site = site
    self.interval = interval
    self.lowest = lowest
    self.highest = highest
    self.count = count
  }

  /// A row as read.
  public init(_ values: TraceRowValues) throws(TraceError) {
    stream = StreamID(rawValue: try values.required(.stream))
    site = try values.optional(.site)
    interval = try values.required(.interval)
    lowest = try values.required(.lowest)
    highest = try values.required(.highest)
    count = try values.required(.count)
  }

  /// Hands over the values.
  public func write(to builder: inout TraceRowBuilder) {
    builder.put(.stream, stream.rawValue)
    builder.put(.site, site)
    builder.put(.interval, interval)
    builder.put(.lowest, lowest)
    builder.put(.highest, highest)
    builder.put(.count, count)
  }
}
