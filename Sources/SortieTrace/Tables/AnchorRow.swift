/// Three clocks read together.
public struct AnchorRow: TraceRow, Equatable {
  /// ``TableID/anchors``.
  public static var table: TableID { .anchors }

  /// Host TSC, cycles.
  public var tsc: UInt64
  /// CLOCK_MONOTONIC, ns.
  public var monotonic: UInt64
  /// CLOCK_REALTIME, ns since 1970.
  public var realtime: UInt64?

  /// A row with these values; see the properties for units.
  public init(
    tsc: UInt64, monotonic: UInt64, realtime: UInt64? = nil
  ) {
    self.tsc = tsc
    self.monotonic = monotonic
    self.realtime = realtime
  }

  /// A row as read.
  public init(_ values: TraceRowValues) throws(TraceError) {
    tsc = try values.required(.tsc)
    monotonic = try values.required(.monotonic)
    realtime = values.integer(.realtime)
  }

  /// Hands over the values.
  public func write(to builder: inout TraceRowBuilder) {
    builder.put(.tsc, tsc)
    builder.put(.monotonic, monotonic)
    builder.put(.realtime, realtime)
  }
}
