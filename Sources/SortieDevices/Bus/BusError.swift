/// Why a range cannot be claimed on a bus.
public enum BusError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The range holds no address.
  case emptyRange(device: String, at: UInt64, space: AddressSpace)
  /// The range ends above the last address of its space.
  case outsideSpace(device: String, range: Range<UInt64>, space: AddressSpace)
  /// The range shares addresses with one claimed before.
  case overlap(
    device: String, range: Range<UInt64>, space: AddressSpace, other: String, otherRange: Range<UInt64>)
  /// There are more devices than a trace can number.
  case tooManyDevices(limit: Int)
  /// There are more ranges in this space than its table can number.
  case tooManyRanges(space: AddressSpace, limit: Int)

  /// One sentence with the device, its range and what stands in the way.
  public var description: String {
    switch self {
    case .emptyRange(let device, let at, let space):
      "device \(device) claims an empty \(space) range at \(hexadecimal(at))"
    case .outsideSpace(let device, let range, let space):
      "device \(device) claims \(space) \(hexadecimal(range)), which ends above the \(space) space "
        + "(\(hexadecimal(space.addressCount)) addresses)"
    case .overlap(let device, let range, let space, let other, let otherRange):
      "device \(device) claims \(space) \(hexadecimal(range)), which overlaps \(hexadecimal(otherRange)) "
        + "of device \(other)"
    case .tooManyDevices(let limit):
      "the bus holds at most \(limit) devices"
    case .tooManyRanges(let space, let limit):
      "the bus holds at most \(limit) \(space) ranges"
    }
  }
}

private func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

private func hexadecimal(_ range: Range<UInt64>) -> String {
  "\(hexadecimal(range.lowerBound))..<\(hexadecimal(range.upperBound))"
}
