/// A port that ends the run: a write of `v` stops it with status `(v << 1) | 1`, the convention of QEMU's
/// `isa-debug-exit` (hw/misc/debugexit.c), so that no write can claim the success of a guest that powered off.
public final class DebugExit: Device {
  /// What reports call the device.
  public let name: String

  /// A debug exit port.
  public init(name: String = "debug-exit") { self.name = name }

  /// Zeros, as QEMU's device.
  public func read(offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    for index in bytes.indices { bytes[index] = 0 }
  }

  /// Stops the run; the little-endian value is taken modulo 2^31, whatever its size.
  public func write(offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect {
    var value: UInt32 = 0
    for (index, byte) in bytes.prefix(4).enumerated() { value |= UInt32(byte) << UInt32(8 * index) }
    return .stop(status: value << 1 | 1)
  }
}
