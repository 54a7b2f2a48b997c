/// Some registers of a device, for a device whose registers lie in several places: the bus counts offsets from the
/// start of each range, so each place but the first is a window.
public final class DeviceWindow: Device {
  private let device: any Device
  private let base: UInt64

  /// A window whose offset 0 is offset `base` of `device`.
  public init(_ device: any Device, at base: UInt64) {
    self.device = device
    self.base = base
  }

  /// The name of the device.
  public var name: String { device.name }

  /// Reads the device behind the window.
  public func read(offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    device.read(offset: shifted(offset), into: bytes)
  }

  /// Writes the device behind the window.
  public func write(offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect {
    device.write(offset: shifted(offset), from: bytes)
  }

  /// Offsets that no bus makes stay outside the device.
  private func shifted(_ offset: UInt64) -> UInt64 {
    let (sum, overflow) = base.addingReportingOverflow(offset)
    return overflow ? .max : sum
  }
}
