import SortieTrace

/// Names of the devices, by VM and index.
public struct DeviceNames: Sendable {
  private struct Key: Hashable, Sendable {
    var vm: UInt32
    var device: UInt64
  }

  private var names: [Key: String] = [:]

  /// The devices in the rows of a `devices` table.
  init(_ set: ColumnSet?) {
    guard let rows = TableRows(set) else { return }
    for row in rows.indices {
      guard let device = rows.integer(.device, row), let name = rows.string(.name, row) else { continue }
      names[Key(vm: UInt32(truncatingIfNeeded: rows.integer(.vm, row) ?? 0), device: device)] = name
    }
  }

  /// The name of a device; `device 7` if the table does not name it; nil if no device was entered.
  public func name(of device: UInt16, vm: UInt32) -> String? {
    guard device != RoundTripRecord.noDevice else { return nil }
    return names[Key(vm: vm, device: UInt64(device))] ?? "device \(device)"
  }
}
