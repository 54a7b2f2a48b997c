/// A device behind one reference that the compiler can be told not to count: `Unmanaged` takes a class but no
/// existential, and `unowned(unsafe)` existentials are retained around every call.
final class DeviceBox {
  let device: any Device

  init(_ device: any Device) { self.device = device }
}

extension Unmanaged<DeviceBox> {
  /// Calls `body` with the device, without a retain: whoever holds the table of references keeps it alive.
  @inline(__always)
  func withDevice<Result>(_ body: (any Device) -> Result) -> Result {
    _withUnsafeGuaranteedRef { body($0.device) }
  }
}
