/// What one kind of probe costs, measured in this run.
public struct ProbeCostRow: TraceRow, Equatable {
  /// ``TableID/probeCosts``.
  public static var table: TableID { .probeCosts }

  /// The probe.
  public var name: String
  /// Median cost, cycles.
  public var cycles: UInt64
  /// How it was measured.
  public var method: String

  /// A row with these values; see the properties for units.
  public init(
    name: String, cycles: UInt64, method: String
  ) {
    self.name = name
    self.cycles = cycles
    self.method = method
  }

  /// A row as read.
  public init(_ values: TraceRowValues) throws(TraceError) {
    name = try values.requiredText(.name)
    cycles = try values.required(.number)
    method = try values.requiredText(.value)
  }

  /// Hands over the values.
  public func write(to builder: inout TraceRowBuilder) {
    builder.put(.name, name)
    builder.put(.number, cycles)
    builder.put(.value, method)
  }
}
