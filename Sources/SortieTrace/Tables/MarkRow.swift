/// A mark set by the recorder or by the user.
public struct MarkRow: TraceRow, Equatable {
  /// ``TableID/marks``.
  public static var table: TableID { .marks }

  /// Host TSC, cycles.
  public var tsc: UInt64
  /// What it says.
  public var name: String

  /// A row with these values; see the properties for units.
  public init(
    tsc: UInt64, name: String
  ) {
    self.tsc = tsc
    self.name = name
  }

  /// A row as read.
  public init(_ values: TraceRowValues) throws(TraceError) {
    tsc = try values.required(.tsc)
    name = try values.requiredText(.name)
  }

  /// Hands over the values.
  public func write(to builder: inout TraceRowBuilder) {
    builder.put(.tsc, tsc)
    builder.put(.name, name)
  }
}
