/// A part of a kernel's file and the guest physical memory that it takes.
struct KernelPiece: Equatable {
  /// Where it begins in the file.
  var offset: UInt64 = 0
  /// Bytes of the file.
  var bytes: UInt64
  /// Where it is loaded.
  let address: UInt64
  /// Bytes of memory that it needs; at least ``bytes``.
  let memoryBytes: UInt64

  /// The memory that it takes; for pieces that passed ``check(_:in:)``.
  var memory: Range<UInt64> { address..<(address + memoryBytes) }

  /// Checks that `pieces` lie in `allowed` and not on each other.
  ///
  /// - Throws: ``BootProblem/outsideMemory(_:address:bytes:allowed:)``,
  ///   ``BootProblem/overlap(first:second:address:)``.
  static func check(_ pieces: [KernelPiece], in allowed: Range<UInt64>) throws(BootProblem) {
    for (index, piece) in pieces.enumerated() {
      let (end, overflow) = piece.address.addingReportingOverflow(piece.memoryBytes)
      guard !overflow, piece.address >= allowed.lowerBound, end <= allowed.upperBound else {
        throw .outsideMemory(
          "segment \(index)", address: piece.address, bytes: piece.memoryBytes, allowed: allowed)
      }
    }
    let sorted = pieces.enumerated().sorted { $0.element.address < $1.element.address }
    for (low, high) in zip(sorted, sorted.dropFirst())
    where low.element.memory.upperBound > high.element.address {
      throw .overlap(first: low.offset, second: high.offset, address: high.element.address)
    }
  }

  /// The highest page-aligned place for `what` of `bytes` bytes below `limit` and in `memory` that is on none of
  /// `pieces`, which were checked.
  ///
  /// - Throws: ``BootProblem/noRoom(_:bytes:limit:free:kernelEnd:)``.
  static func highestPlace(
    for what: String, bytes: UInt64, below limit: UInt64, in memory: Range<UInt64>,
    beside pieces: [KernelPiece]
  ) throws(BootProblem) -> Range<UInt64> {
    let page: UInt64 = 4096
    let limit = min(limit, memory.upperBound)
    var top = limit
    var free: UInt64 = 0
    let taken = pieces.map(\.memory).sorted { $0.lowerBound > $1.lowerBound } + [0..<memory.lowerBound]
    for piece in taken {
      let bottom = (piece.upperBound + page - 1) & ~(page - 1)
      if bottom <= top {
        free = max(free, top - bottom)
        if bytes <= top - bottom {
          let start = (top - bytes) & ~(page - 1)
          return start..<(start + bytes)
        }
      }
      top = min(top, piece.lowerBound)
    }
    let kernelEnd = (taken[0].upperBound + page - 1) & ~(page - 1)
    throw .noRoom(
      what, bytes: bytes, limit: limit, free: free,
      kernelEnd: limit == memory.upperBound ? kernelEnd : nil)
  }
}
