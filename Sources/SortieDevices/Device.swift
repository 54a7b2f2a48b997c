/// What a write to a device asks of the machine.
public enum DeviceEffect: BitwiseCopyable, Sendable, Equatable {
  /// Nothing: the guest goes on.
  case none
  /// The run ends with this process status, of which a Unix parent sees the low eight bits.
  case stop(status: UInt32)
  /// The guest resets the machine: the run ends, or the machine starts anew.
  case reset
  /// The guest turns the machine off.
  case powerOff
}

/// An emulated device: registers in, effects out. It knows of no vCPU, no thread and no KVM; what it drives (an
/// interrupt line, a host backend) is injected when it is made.
///
/// Any vCPU thread may call it at any time, so it keeps its own lock. The guest is hostile: an access has any size
/// from 1 byte up and starts at any offset; what a device has no register for reads as all ones and is not written.
/// Nothing on these paths allocates.
public protocol Device: AnyObject, Sendable {
  /// What reports call the device, such as `uart0`.
  var name: String { get }

  /// One read of `bytes.count` bytes, `offset` bytes into the range that the bus claimed for this device. All of
  /// `bytes` is written.
  func read(offset: UInt64, into bytes: UnsafeMutableRawBufferPointer)

  /// One write of `bytes.count` bytes, `offset` bytes into the range that the bus claimed for this device.
  func write(offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect

  /// The elements of a string instruction (`rep ins`): consecutive reads of `elementSize` bytes, all at `offset`.
  /// The last one is shorter if `bytes.count` is no multiple of the size.
  func readString(offset: UInt64, elementSize: Int, into bytes: UnsafeMutableRawBufferPointer)

  /// The elements of a string instruction (`rep outs`): consecutive writes of `elementSize` bytes, all at `offset`,
  /// up to the first that has an effect, which is returned.
  func writeString(offset: UInt64, elementSize: Int, from bytes: UnsafeRawBufferPointer) -> DeviceEffect
}

extension Device {
  /// One ``read(offset:into:)`` an element.
  public func readString(offset: UInt64, elementSize: Int, into bytes: UnsafeMutableRawBufferPointer) {
    forEachElement(of: bytes.count, elementSize: elementSize) { element in
      read(offset: offset, into: UnsafeMutableRawBufferPointer(rebasing: bytes[element]))
      return .none
    }
  }

  /// One ``write(offset:from:)`` an element.
  public func writeString(offset: UInt64, elementSize: Int, from bytes: UnsafeRawBufferPointer)
    -> DeviceEffect
  {
    forEachElement(of: bytes.count, elementSize: elementSize) { element in
      write(offset: offset, from: UnsafeRawBufferPointer(rebasing: bytes[element]))
    }
  }
}

/// Calls `body` with the bounds of each element of a string access until one has an effect, which is returned.
@discardableResult
func forEachElement(
  of byteCount: Int, elementSize: Int, _ body: (Range<Int>) -> DeviceEffect
) -> DeviceEffect {
  let step = max(elementSize, 1)
  var start = 0
  while start < byteCount {
    let end = byteCount - start > step ? start + step : byteCount
    let effect = body(start..<end)
    guard effect == .none else { return effect }
    start = end
  }
  return .none
}
