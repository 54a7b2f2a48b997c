/// A kernel event's `format` file.
public struct EventFormatRow: TraceRow, Equatable {
  /// ``TableID/eventFormats``.
  public static var table: TableID { .eventFormats }

  /// The event's id on this kernel.
  public var event: UInt64
  /// system/event.
  public var name: String
  /// The file as read.
  public var format: String

  /// A row with these values; see the properties for units.
  public init(
    event: UInt64, name: String, format: String
  ) {
    self.event = event
    self.name = name
    self.format = format
  }

  /// A row as read.
  public init(_ values: TraceRowValues) throws(TraceError) {
    event = try values.required(.kernelEvent)
    name = try values.requiredText(.name)
    format = try values.requiredText(.value)
  }

  /// Hands over the values.
  public func write(to builder: inout TraceRowBuilder) {
    builder.put(.kernelEvent, event)
    builder.put(.name, name)
    builder.put(.value, format)
  }
}
