/// An attribute of a VM and of the run in it: workload, iterations, command, expectations, build id.
public struct VMAttribute: TraceRow, Equatable {
  /// ``TableID/vms``.
  public static var table: TableID { .vms }

  /// VM index.
  public var vm: UInt32
  /// What the attribute is called.
  public var name: String
  /// Its value.
  public var value: String

  /// A row with these values; see the properties for units.
  public init(
    vm: UInt32 = 0, name: String, value: String
  ) {
    self.vm = vm
    self.name = name
    self.value = value
  }

  /// A row as read.
  public init(_ values: TraceRowValues) throws(TraceError) {
    vm = try values.optional(.vm) ?? 0
    name = try values.requiredText(.name)
    value = try values.requiredText(.value)
  }

  /// Hands over the values.
  public func write(to builder: inout TraceRowBuilder) {
    builder.put(.vm, vm)
    builder.put(.name, name)
    builder.put(.value, value)
  }
}
