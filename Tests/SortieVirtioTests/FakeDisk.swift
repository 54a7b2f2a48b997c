import Glibc
import SortieDevices
import Synchronization

/// A disk in memory with a cache in front of it: what survives a loss of power is what was flushed.
final class FakeDisk: BlockBackend {
  enum Operation: Equatable {
    case read(Range<UInt64>)
    case write(Range<UInt64>)
    case flush
    case discard(Range<UInt64>)
    case zero(Range<UInt64>, mayUnmap: Bool)
  }

  private struct State {
    var cached: [UInt8]
    var durable: [UInt8]
    var operations: [Operation] = []
    var failure: BlockError?
  }

  let byteCount: UInt64
  let blockSize: UInt32
  let isReadOnly: Bool
  private let state: Mutex<State>
  private let isHeld = Atomic<Bool>(false)
  /// Operations that have begun.
  let begun = Signals()

  init(byteCount: Int, blockSize: UInt32 = 512, isReadOnly: Bool = false) {
    self.byteCount = UInt64(byteCount)
    self.blockSize = blockSize
    self.isReadOnly = isReadOnly
    let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 / 512) }
    state = Mutex(State(cached: bytes, durable: bytes))
  }

  var operations: [Operation] { state.withLock(\.operations) }
  var cached: [UInt8] { state.withLock(\.cached) }
  var durable: [UInt8] { state.withLock(\.durable) }
  func fail(_ failure: BlockError?) { state.withLock { $0.failure = failure } }
  /// Whether operations take until they are let go.
  func hold(_ isHeld: Bool) { self.isHeld.store(isHeld, ordering: .releasing) }

  private func perform(_ operation: Operation, _ body: (inout State) -> Void) throws(BlockError) {
    begun.signal()
    while isHeld.load(ordering: .acquiring) { usleep(100) }
    try state.withLock { (state) throws(BlockError) in
      state.operations.append(operation)
      if let failure = state.failure { throw failure }
      body(&state)
    }
  }

  private func range(_ offset: UInt64, _ segments: UnsafeBufferPointer<iovec>) -> Range<UInt64> {
    offset..<offset + segments.reduce(0) { $0 + UInt64($1.iov_len) }
  }

  func read(at offset: UInt64, into segments: UnsafeBufferPointer<iovec>) throws(BlockError) {
    try perform(.read(range(offset, segments))) { state in
      var position = Int(offset)
      for segment in segments {
        UnsafeMutableRawBufferPointer(start: segment.iov_base, count: segment.iov_len)
          .copyBytes(from: state.cached[position..<position + segment.iov_len])
        position += segment.iov_len
      }
    }
  }

  func write(at offset: UInt64, from segments: UnsafeBufferPointer<iovec>) throws(BlockError) {
    try perform(.write(range(offset, segments))) { state in
      var position = Int(offset)
      for segment in segments {
        state.cached.replaceSubrange(
          position..<position + segment.iov_len,
          with: UnsafeRawBufferPointer(start: segment.iov_base, count: segment.iov_len))
        position += segment.iov_len
      }
    }
  }

  func flush() throws(BlockError) { try perform(.flush) { $0.durable = $0.cached } }

  func discard(_ range: Range<UInt64>) throws(BlockError) { try perform(.discard(range)) { _ in } }

  func zero(_ range: Range<UInt64>, mayUnmap: Bool) throws(BlockError) {
    try perform(.zero(range, mayUnmap: mayUnmap)) { state in
      for index in range { state.cached[Int(index)] = 0 }
    }
  }
}
