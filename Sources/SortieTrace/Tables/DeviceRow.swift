/// A range of a device on the bus.
public struct DeviceRow: TraceRow, Equatable {
  /// ``TableID/devices``.
  public static var table: TableID { .devices }

  /// Device index, as ``RoundTripRecord/device`` holds it.
  public var device: UInt16
  /// VM index.
  public var vm: UInt32
  /// The device's name.
  public var name: String
  /// Whether `address` is guest physical memory; else it is a port.
  public var isMemory: Bool
  /// First port or guest physical address.
  public var address: UInt64
  /// Ports or bytes.
  public var length: UInt64

  /// A row with these values; see the properties for units.
  public init(
    device: UInt16, vm: UInt32 = 0, name: String, isMemory: Bool, address: UInt64, length: UInt64
  ) {
    self.device = device
    self.vm = vm
    self.name = name
    self.isMemory = isMemory
    self.address = address
    self.length = length
  }

  /// A row as read.
  public init(_ values: TraceRowValues) throws(TraceError) {
    device = try values.required(.device)
    vm = try values.optional(.vm) ?? 0
    name = try values.requiredText(.name)
    isMemory = try values.required(.addressSpace, as: UInt8.self) != 0
    address = try values.required(.address)
    length = try values.required(.length)
  }

  /// Hands over the values.
  public func write(to builder: inout TraceRowBuilder) {
    builder.put(.device, device)
    builder.put(.vm, vm)
    builder.put(.name, name)
    builder.put(.addressSpace, isMemory ? 1 : 0)
    builder.put(.address, address)
    builder.put(.length, length)
  }
}
