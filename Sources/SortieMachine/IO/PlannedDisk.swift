import Glibc
internal import GuestABI
internal import SortieDevices
internal import Synchronization

/// A disk in memory that holds what an I/O plan begins with, and at the end what its writes have left.
final class PlannedDisk: BlockBackend {
  let byteCount: UInt64
  let blockSize = UInt32(sectorSize)
  let isReadOnly = false

  private struct State {
    /// In words, as the data of plans are made.
    var image: [UInt64]
    var transfers: UInt64 = 0
  }

  private let plan: IOPlan
  private let corruptedTransfer: UInt64
  private let state: Mutex<State>

  /// The disk of `plan`, which gets one bit of the transfer of this number wrong; 0: of none.
  init(_ plan: IOPlan, corruptedTransfer: UInt64) {
    self.plan = plan
    self.corruptedTransfer = corruptedTransfer
    byteCount = plan.bytes * IOPlan.blocks
    state = Mutex(State(image: PredictedDisk.initialImage(of: plan)))
  }

  func read(at offset: UInt64, into segments: UnsafeBufferPointer<iovec>) {
    transfer(segments, at: offset) { memory, disk in
      memory.copyMemory(from: UnsafeRawBufferPointer(disk))
      return memory
    }
  }

  func write(at offset: UInt64, from segments: UnsafeBufferPointer<iovec>) {
    transfer(segments, at: offset) { memory, disk in
      disk.copyMemory(from: UnsafeRawBufferPointer(memory))
      return disk
    }
  }

  /// Has `move` copy the bytes of each segment from or to the disk, which returns where they are now.
  private func transfer(
    _ segments: UnsafeBufferPointer<iovec>, at offset: UInt64,
    _ move: (_ memory: UnsafeMutableRawBufferPointer, _ disk: UnsafeMutableRawBufferPointer)
      -> UnsafeMutableRawBufferPointer
  ) {
    state.withLock { state in
      state.transfers += 1
      var isCorrupted = state.transfers == corruptedTransfer
      state.image.withUnsafeMutableBytes { image in
        var position = Int(offset)
        for segment in segments where segment.iov_len > 0 {
          let disk = UnsafeMutableRawBufferPointer(rebasing: image[position..<position + segment.iov_len])
          let memory = UnsafeMutableRawBufferPointer(start: segment.iov_base, count: segment.iov_len)
          let moved = move(memory, disk)
          if isCorrupted { moved[moved.count / 2] ^= 1 }
          isCorrupted = false
          position += segment.iov_len
        }
      }
    }
  }

  func flush() {}

  func discard(_ range: Range<UInt64>) throws(BlockError) { throw .unsupported }

  func zero(_ range: Range<UInt64>, mayUnmap: Bool) throws(BlockError) { throw .unsupported }

  /// Holds what is on the disk now, and the checksums that the guest has stored, against the plan.
  func finding(_ checksums: UnsafeBufferPointer<UInt64>) -> IOFinding {
    let predicted = PredictedDisk(plan)
    return state.withLock { predicted.finding(checksums, image: $0.image) }
  }
}
