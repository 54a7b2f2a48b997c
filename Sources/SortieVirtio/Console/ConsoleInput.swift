import SortieDevices
import Synchronization

/// Bytes of the host that wait for buffers of the guest.
final class ConsoleInput: Sendable {
  private struct State: ~Copyable {
    var bytes: BoundedQueue<UInt8>
    var hasRefused = false
  }

  private let state: Mutex<State>

  init(capacity: Int) { state = Mutex(State(bytes: BoundedQueue(capacity: capacity))) }

  /// Takes as many of `bytes` as there is room for, from the front, and says how many.
  func append(_ bytes: UnsafeRawBufferPointer) -> Int {
    state.withLock { state in
      var taken = 0
      while taken < bytes.count, state.bytes.append(bytes[taken]) { taken += 1 }
      state.hasRefused = state.hasRefused || taken < bytes.count
      return taken
    }
  }

  /// Moves bytes to `chain` until there are none left or it is full.
  ///
  /// - Returns: how many, and whether bytes were refused before and half of the room is free now.
  func move(to chain: inout DescriptorChain) -> (count: Int, isReady: Bool) {
    state.withLock { state in
      var moved = 0
      while chain.writableByteCount > 0, let byte = state.bytes.removeFirst() {
        withUnsafeBytes(of: byte) { _ = chain.write($0) }
        moved += 1
      }
      let isReady = state.hasRefused && state.bytes.room >= state.bytes.capacity / 2
      if isReady { state.hasRefused = false }
      return (moved, isReady)
    }
  }
}
