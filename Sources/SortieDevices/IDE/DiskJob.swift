internal import Glibc

/// What the I/O thread does for a channel between two looks at its registers: at most a buffer of sectors.
struct DiskJob: BitwiseCopyable, Sendable {
  enum Kind: BitwiseCopyable, Sendable {
    case read
    /// Durable when it is done, if the write cache is off.
    case write(isDurable: Bool)
    case flush
  }

  let kind: Kind
  /// Which of the channel's devices.
  let drive: Int
  var sector: UInt64 = 0
  var count = 0

  /// Does the job.
  ///
  /// - Returns: how many sectors were done before the first that failed, and why that one did.
  func perform(
    on disk: any BlockBackend, _ buffer: TransferBuffer
  ) -> (sectors: Int, error: BlockError?) {
    do throws(BlockError) {
      switch kind {
      case .flush: try disk.flush()
      case .read, .write:
        do throws(BlockError) {
          try move(0..<count, disk, buffer)
        } catch {
          // The host says which sector failed: the first, one by one.
          for index in 0..<count {
            do throws(BlockError) {
              try move(index..<index + 1, disk, buffer)
            } catch {
              return (index, error)
            }
          }
        }
        if case .write(isDurable: true) = kind { try disk.flush() }
      }
      return (count, nil)
    } catch {
      return (0, error)
    }
  }

  private func move(
    _ sectors: Range<Int>, _ disk: any BlockBackend, _ buffer: TransferBuffer
  ) throws(BlockError) {
    let size = Int(sectorSize)
    let part = buffer[sectors.lowerBound * size..<sectors.upperBound * size]
    var segment = iovec(iov_base: part.baseAddress, iov_len: part.count)
    let offset = (sector + UInt64(sectors.lowerBound)) * sectorSize
    try withUnsafePointer(to: &segment) { (segment) throws(BlockError) in
      let segments = UnsafeBufferPointer(start: segment, count: 1)
      if case .write = kind {
        try disk.write(at: offset, from: segments)
      } else {
        try disk.read(at: offset, into: segments)
      }
    }
  }
}
