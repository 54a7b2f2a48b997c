internal import GuestABI
internal import SortieDevices

/// What a guest that does I/O is to do (`io_plan.h`): guest and host compute each operation from these numbers.
public struct IOPlan: Sendable, Equatable {
  /// What data, directions and blocks are drawn from.
  public let seed: UInt64
  /// Reads and writes, or chunks of characters.
  public let operations: UInt64
  /// Bytes of an operation.
  public let bytes: UInt64
  /// Operations under way at once.
  public let depth: UInt64
  /// Writes among the operations, percent.
  public let writePercent: UInt64
  /// Block after block, and not in random order.
  public let isSequential: Bool

  /// Operations that a plan may have: the checksums of more would take more than 128 MiB.
  static let operationLimits: ClosedRange<UInt64> = 1...(1 << 24)

  /// Bytes that an operation may have, and what they are multiples of: a frame of Ethernet, without a VLAN tag, has 60 to
  /// 1514 (IEEE 802.3, clause 3), and a plan's is made of words.
  private static func byteLimits(_ kind: IODevice.Kind) -> (ClosedRange<UInt64>, unit: UInt64) {
    switch kind {
    case .disk: (sectorSize...(64 << 10), sectorSize)
    case .network: (64...1512, 8)
    case .console: (1...(64 << 10), 1)
    }
  }

  /// The checksum over nothing.
  static let noChecksum = UInt64(SORTIE_IO_CHECKSUM_START)
  /// Blocks of the disk.
  static let blocks = UInt64(SORTIE_IO_BLOCKS)
  /// Rings and what else drivers need, at most.
  private static let driverBytes: UInt64 = 64 << 10
  /// Room for a frame, at most.
  private static let roomBytes: UInt64 = 2048

  /// Memory that the guest needs for it: a network card has room for a frame to send and two to receive for each of those
  /// that are under way at once.
  public var memoryBytes: UInt64 {
    operations * 8 + depth * max(bytes, 3 * Self.roomBytes) + Self.driverBytes
  }

  /// A plan for `device`, which is checked: a disk is read and written in whole sectors.
  ///
  /// - Throws: ``MachineError/configuration(_:value:allowed:)``.
  public init(
    for device: IODevice, operations: UInt64, bytes: UInt64, seed: UInt64 = 1, depth: UInt64 = 1,
    writePercent: UInt64 = 50, isSequential: Bool = false
  ) throws(MachineError) {
    func require(_ isMet: Bool, _ name: String, _ value: UInt64, _ allowed: String) throws(MachineError) {
      guard isMet else { throw .configuration(name, value: "\(value)", allowed: allowed) }
    }
    let (sizes, unit) = Self.byteLimits(device.kind)
    try require(
      sizes.contains(bytes) && bytes % unit == 0, "an operation's number of bytes", bytes,
      "multiples of \(unit) from \(sizes.lowerBound) to \(sizes.upperBound)")
    let depths = 1...(device.takesSeveral ? Self.blocks : 1)
    try require(
      depths.contains(depth) && depth & (depth - 1) == 0, "a depth of", depth,
      device.takesSeveral
        ? "powers of two up to \(Self.blocks)" : "\(device.rawValue) performs one operation after the other")
    try require(
      Self.operationLimits.contains(operations) && operations % depth == 0, "a number of operations of",
      operations,
      "multiples of the depth \(depth) up to \(Self.operationLimits.upperBound)")
    try require(writePercent <= 100, "a share of writes of", writePercent, "0 to 100 percent")
    self.seed = seed
    self.operations = operations
    self.bytes = bytes
    self.depth = depth
    self.writePercent = writePercent
    self.isSequential = isSequential
  }

  /// Of a network: the guest sends frames.
  var guestSendsFrames: Bool { writePercent > 0 }
  /// Of a network: the machine sends frames; where the guest does too, it answers each.
  var machineSendsFrames: Bool { writePercent < 100 }

  /// As guests see it.
  var abi: sortie_io_plan {
    sortie_io_plan(
      seed: seed, operations: operations, bytes: UInt32(bytes), depth: UInt32(depth),
      write_percent: UInt32(writePercent), is_sequential: isSequential ? 1 : 0)
  }
}
