/// An attribute of a host: vendor, kernel, TSC frequency, whether KVM emulates guest code.
public struct HostAttribute: TraceRow, Equatable {
  /// ``TableID/hosts``.
  public static var table: TableID { .hosts }

  /// Host index; 0 is the host the recorder ran on.
  public var host: UInt32
  /// What the attribute is called.
  public var name: String
  /// Its value.
  public var value: String

  /// A row with these values; see the properties for units.
  public init(
    host: UInt32 = 0, name: String, value: String
  ) {
    self.host = host
    self.name = name
    self.value = value
  }

  /// A row as read.
  public init(_ values: TraceRowValues) throws(TraceError) {
    host = try values.optional(.host) ?? 0
    name = try values.requiredText(.name)
    value = try values.requiredText(.value)
  }

  /// Hands over the values.
  public func write(to builder: inout TraceRowBuilder) {
    builder.put(.host, host)
    builder.put(.name, name)
    builder.put(.value, value)
  }
}
