/// A symbol of the guest.
public struct SymbolRow: TraceRow, Equatable {
  /// ``TableID/symbols``.
  public static var table: TableID { .symbols }

  /// VM index.
  public var vm: UInt32
  /// As linked.
  public var address: UInt64
  /// Bytes; 0 if unknown.
  public var length: UInt64
  /// As in the ELF's symbol table.
  public var name: String

  /// A row with these values; see the properties for units.
  public init(
    vm: UInt32 = 0, address: UInt64, length: UInt64, name: String
  ) {
    self.vm = vm
    self.address = address
    self.length = length
    self.name = name
  }

  /// A row as read.
  public init(_ values: TraceRowValues) throws(TraceError) {
    vm = try values.optional(.vm) ?? 0
    address = try values.required(.address)
    length = try values.required(.length)
    name = try values.requiredText(.name)
  }

  /// Hands over the values.
  public func write(to builder: inout TraceRowBuilder) {
    builder.put(.vm, vm)
    builder.put(.address, address)
    builder.put(.length, length)
    builder.put(.name, name)
  }
}
