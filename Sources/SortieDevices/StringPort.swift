import Synchronization

/// A port for string instructions: `outs` is swallowed, `ins` is fed 0, 1, … 255, 0, … one value a byte, whatever
/// the size of the elements.
public final class StringPort: Device {
  /// What reports call the device.
  public let name: String

  private let fed = Atomic<UInt64>(0)
  private let swallowed = Atomic<UInt64>(0)

  /// A port whose pattern starts at 0.
  public init(name: String) { self.name = name }

  /// Bytes fed to the guest so far.
  public var bytesFed: UInt64 { fed.load(ordering: .relaxed) }
  /// Bytes taken from the guest so far.
  public var bytesSwallowed: UInt64 { swallowed.load(ordering: .relaxed) }

  /// The next bytes of the pattern, at any offset.
  public func read(offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    let first = fed.wrappingAdd(UInt64(bytes.count), ordering: .relaxed).oldValue
    for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: first &+ UInt64(index)) }
  }

  /// Takes the bytes and forgets them. No effect.
  public func write(offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect {
    swallowed.wrappingAdd(UInt64(bytes.count), ordering: .relaxed)
    return .none
  }

  /// All elements at once: the pattern knows no element boundaries.
  public func readString(offset: UInt64, elementSize: Int, into bytes: UnsafeMutableRawBufferPointer) {
    read(offset: offset, into: bytes)
  }

  /// All elements at once.
  public func writeString(offset: UInt64, elementSize: Int, from bytes: UnsafeRawBufferPointer)
    -> DeviceEffect
  {
    write(offset: offset, from: bytes)
  }
}
