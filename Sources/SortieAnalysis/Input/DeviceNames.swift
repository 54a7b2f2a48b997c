import SortieTrace

/// Names of the devices, by VM and index.
public struct DeviceNames: Sendable {
  private struct Key: Hashable, Sendable {
    var vm: UInt32
    var device: UInt16
  }

  private var names: [Key: String] = [:]

  /// The devices in the rows of a `devices` table.
  init(_ rows: [DeviceRow]) {
    for row in rows { names[Key(vm: row.vm, device: row.device)] = row.name }
  }

  /// The name of a device; `device 7` if the table does not name it; nil if no device was entered.
  public func name(of device: UInt16, vm: UInt32) -> String? {
    guard device != RoundTripRecord.noDevice else { return nil }
    return names[Key(vm: vm, device: device)] ?? "device \(device)"
  }
}
