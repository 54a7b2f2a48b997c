/// Collects devices and the ranges that they claim; ``freeze()`` makes the bus of them.
public struct BusBuilder {
  /// Devices that a bus can hold; the number above the last is what a trace says where there is no device.
  public static let deviceLimit = Int(UInt16.max)
  /// Port ranges that a bus can hold: a byte names one, and one value says that there is none.
  public static let portRangeLimit = Int(UInt8.max)
  /// Memory ranges that a bus can hold.
  public static let memoryRangeLimit = Int(UInt16.max)

  struct Claim {
    var range: Range<UInt64>
    var device: UInt16
  }

  private(set) var devices: [any Device] = []
  private(set) var ports: [Claim] = []
  private(set) var memory: [Claim] = []

  /// A builder with nothing on its bus.
  public init() {}

  /// Claims `range` of `space` for `device`. A device may claim several ranges; offsets then count from the start of
  /// each.
  ///
  /// - Returns: the device's number on the bus, the same for all its ranges, in the order of first claims.
  /// - Throws: ``BusError`` if the range is empty, outside its space or claimed already, or a table is full.
  @discardableResult
  public mutating func add(
    _ device: any Device, at range: Range<UInt64>, in space: AddressSpace
  ) throws(BusError) -> UInt16 {
    guard !range.isEmpty else {
      throw .emptyRange(device: device.name, at: range.lowerBound, space: space)
    }
    guard range.upperBound <= space.addressCount else {
      throw .outsideSpace(device: device.name, range: range, space: space)
    }
    let claims = space == .port ? ports : memory
    let limit = space == .port ? Self.portRangeLimit : Self.memoryRangeLimit
    let position = claims.firstIndex { $0.range.upperBound > range.lowerBound } ?? claims.count
    if position < claims.count, claims[position].range.overlaps(range) {
      let other = claims[position]
      throw .overlap(
        device: device.name, range: range, space: space, other: devices[Int(other.device)].name,
        otherRange: other.range)
    }
    guard claims.count < limit else { throw .tooManyRanges(space: space, limit: limit) }
    let number = try number(of: device)
    let claim = Claim(range: range, device: number)
    switch space {
    case .port: ports.insert(claim, at: position)
    case .memory: memory.insert(claim, at: position)
    }
    return number
  }

  /// The bus over everything claimed so far; the builder may go on and make others.
  public func freeze() -> Bus { Bus(self) }

  private mutating func number(of device: any Device) throws(BusError) -> UInt16 {
    if let known = devices.firstIndex(where: { $0 === device }) { return UInt16(known) }
    guard devices.count < Self.deviceLimit else { throw .tooManyDevices(limit: Self.deviceLimit) }
    devices.append(device)
    return UInt16(devices.count - 1)
  }
}
