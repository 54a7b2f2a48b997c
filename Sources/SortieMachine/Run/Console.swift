public import SortieDevices
import Synchronization

/// The host's end of the guest's serial line or console: the last bytes the guest sent, for whoever wants to read or
/// keep them.
///
/// The buffer is of fixed size and allocated once, for it is filled on a vCPU thread; what is not drained in time is
/// overwritten and counted.
public final class Console: SerialBackend {
  /// Bytes kept.
  public static let capacity = 1 << 16

  private struct State {
    var bytes: [UInt8]
    var written: UInt64 = 0
    var drained: UInt64 = 0

    mutating func append(_ byte: UInt8) {
      bytes[Int(written % UInt64(capacity))] = byte
      written &+= 1
    }
  }

  private let state = Mutex(State(bytes: [UInt8](repeating: 0, count: capacity)))

  /// An empty console.
  public init() {}

  /// Keeps one byte; there is always room.
  public func transmit(_ byte: UInt8) -> Bool {
    state.withLock { $0.append(byte) }
    return true
  }

  /// Keeps all of `bytes`.
  public func transmit(_ bytes: UnsafeRawBufferPointer) -> Int {
    state.withLock { state in
      for byte in bytes { state.append(byte) }
    }
    return bytes.count
  }

  /// Nothing waits to be received.
  public func receiveReady() {}

  /// What came since the last call, and how many bytes before it were overwritten.
  public func drain() -> (bytes: [UInt8], overwritten: UInt64) {
    state.withLock { state in
      let start = max(state.drained, state.written - min(state.written, UInt64(Self.capacity)))
      let bytes = (start..<state.written).map { state.bytes[Int($0 % UInt64(Self.capacity))] }
      let overwritten = start - state.drained
      state.drained = state.written
      return (bytes, overwritten)
    }
  }

  /// The end of what the guest wrote, at most `limit` bytes, as text.
  public func tail(_ limit: Int) -> String {
    state.withLock { state in
      let count = min(state.written, UInt64(min(limit, Self.capacity)))
      let bytes = ((state.written - count)..<state.written).map {
        state.bytes[Int($0 % UInt64(Self.capacity))]
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  }
}
