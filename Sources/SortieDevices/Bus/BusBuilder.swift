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
    var name: String
  }

  private(set) var devices: [any Device] = []
  private(set) var ports: [Claim] = []
  private(set) var memory: [Claim] = []
  private(set) var movable: [MovableRange] = []

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
    let position = try position(of: range, in: space, named: device.name)
    let number = try number(of: device)
    insert(Claim(range: range, device: number, name: device.name), at: position, in: space)
    return number
  }

  /// Leaves `range` of `space` to the movable ranges of that space; `name` is what errors call it.
  ///
  /// - Throws: ``BusError`` if the range is empty, outside its space or claimed already, or a table is full.
  public mutating func addWindow(
    _ range: Range<UInt64>, in space: AddressSpace, named name: String
  ) throws(BusError) {
    let position = try position(of: range, in: space, named: name)
    insert(Claim(range: range, device: Bus.window, name: name), at: position, in: space)
  }

  /// Numbers `device` as ``add(_:at:in:)`` does and gives it a range of `size` addresses, off the bus until it is moved
  /// into a window of `space`.
  ///
  /// - Throws: ``BusError`` if the range is empty or there are too many devices.
  public mutating func addMovable(
    _ device: any Device, size: UInt64, in space: AddressSpace
  ) throws(BusError) -> MovableRange {
    guard size > 0 else { throw .emptyRange(device: device.name, at: 0, space: space) }
    let range = MovableRange(device: try number(of: device), space: space, size: size)
    movable.append(range)
    return range
  }

  /// The bus over everything claimed so far; the builder may go on and make others.
  public func freeze() -> Bus { Bus(self) }

  /// Where `range` stands among the claims of `space`.
  private func position(
    of range: Range<UInt64>, in space: AddressSpace, named name: String
  ) throws(BusError) -> Int {
    guard !range.isEmpty else { throw .emptyRange(device: name, at: range.lowerBound, space: space) }
    guard range.upperBound <= space.addressCount else {
      throw .outsideSpace(device: name, range: range, space: space)
    }
    let claims = space == .port ? ports : memory
    let limit = space == .port ? Self.portRangeLimit : Self.memoryRangeLimit
    let position = claims.firstIndex { $0.range.upperBound > range.lowerBound } ?? claims.count
    if position < claims.count, claims[position].range.overlaps(range) {
      let other = claims[position]
      throw .overlap(
        device: name, range: range, space: space, other: other.name, otherRange: other.range)
    }
    guard claims.count < limit else { throw .tooManyRanges(space: space, limit: limit) }
    return position
  }

  private mutating func insert(_ claim: Claim, at position: Int, in space: AddressSpace) {
    switch space {
    case .port: ports.insert(claim, at: position)
    case .memory: memory.insert(claim, at: position)
    }
  }

  private mutating func number(of device: any Device) throws(BusError) -> UInt16 {
    if let known = devices.firstIndex(where: { $0 === device }) { return UInt16(known) }
    guard devices.count < Self.deviceLimit else { throw .tooManyDevices(limit: Self.deviceLimit) }
    devices.append(device)
    return UInt16(devices.count - 1)
  }
}
