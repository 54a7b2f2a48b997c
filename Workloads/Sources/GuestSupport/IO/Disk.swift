public import GuestABI

/// One transfer between a disk and memory.
public struct DiskOperation {
  /// To the disk, or from it.
  public var isWrite: Bool
  /// First sector on the disk.
  public var sector: UInt64
  /// Sectors of 512 bytes.
  public var sectors: UInt64
  /// The data in memory.
  public var data: UnsafeMutablePointer<UInt64>
}

/// A disk by one of its drivers.
public protocol Disk {
  /// Performs `count` operations, as many at once as the plan says, and returns when all are done; one that fails ends the
  /// run.
  func transfer(_ operations: UnsafeMutablePointer<DiskOperation>, count: UInt64)
}

extension Guest {
  /// Performs the plan on a disk, with stamps around each operation, or each batch of those that are under way at once.
  /// Data are made and summed outside of the stamps.
  @inline(__always)
  public func perform<D: Disk>(_ makeDisk: (_ depth: UInt64, _ memory: inout IOMemory) -> D) {
    let plan = info.pointee.io
    let depth = UInt64(plan.depth)
    let sectors = UInt64(plan.bytes / SORTIE_IO_SECTOR_BYTES)
    var memory = IOMemory(info.pointee)
    let checksums = memory.take(UInt64.self, count: plan.operations)
    let operations = memory.take(DiskOperation.self, count: depth)
    let data = memory.take(UInt8.self, count: depth &* UInt64(plan.bytes), alignment: 4096)
    let disk = makeDisk(depth, &memory)

    var first: UInt64 = 0
    var checksum = UInt64(SORTIE_IO_CHECKSUM_START)
    func prepare() {
      for index in 0..<depth {
        let number = first &+ index
        let words = UnsafeMutableRawPointer(data + Int(index &* UInt64(plan.bytes)))
        let operation = DiskOperation(
          isWrite: sortie_io_is_write(plan, number) != 0,
          sector: UInt64(sortie_io_block(plan, number)) &* sectors, sectors: sectors,
          data: words.assumingMemoryBound(to: UInt64.self))
        if operation.isWrite {
          sortie_io_fill(operation.data, sectors, sortie_io_key(plan.seed, number &+ 1))
        }
        operations[Int(index)] = operation
      }
    }
    func finish() {
      for index in 0..<depth {
        let operation = operations[Int(index)]
        if !operation.isWrite { checksum = sortie_io_checksum(checksum, operation.data, sectors) }
        checksums[Int(first &+ index)] = checksum
      }
      first &+= depth
    }

    if plan.operations != 0 { prepare() }
    measure(
      plan.operations / depth,
      advance: {
        finish()
        if first != plan.operations { prepare() }
      }
    ) {
      disk.transfer(operations, count: depth)
    }
  }
}
