import CLinuxIO
import Glibc
public import SortieDevices
import Synchronization

/// The far end of a cable in the test's hands.
public final class FakeNetBackend: NetBackend {
  private struct State {
    var waiting: [[UInt8]] = []
    var sent: [[UInt8]] = []
    var room = Int.max
    var isUp = true
  }

  /// See ``NetBackend/mtu``.
  public let mtu: Int
  /// See ``NetBackend/pollDescriptor``.
  public let pollDescriptor = sortie_io_eventfd()
  private let state = Mutex(State())

  /// A cable that is plugged in, with any room.
  public init(mtu: Int = 1500) { self.mtu = mtu }

  deinit { close(pollDescriptor) }

  /// See ``NetBackend/isLinkUp``.
  public var isLinkUp: Bool { state.withLock(\.isUp) }

  /// See ``NetBackend/updateLink()``.
  public func updateLink() {}

  /// See ``NetBackend/receive(into:)``.
  public func receive(into buffer: UnsafeMutableRawBufferPointer) -> NetReception {
    state.withLock { state in
      guard !state.waiting.isEmpty else { return .nothing }
      let frame = state.waiting.removeFirst()
      guard frame.count <= buffer.count else { return .oversized }
      buffer.copyBytes(from: frame)
      return .frame(frame.count)
    }
  }

  /// See ``NetBackend/send(_:)``.
  public func send(_ frame: UnsafeRawBufferPointer) -> NetTransmission {
    state.withLock { state in
      guard state.isUp else { return .dropped }
      guard state.room > 0 else { return .full }
      state.room -= 1
      state.sent.append(Array(frame))
      return .sent
    }
  }

  // MARK: The test's side

  private func tell() {
    var one: UInt64 = 1
    _ = write(pollDescriptor, &one, 8)
  }

  /// Frames for the guest.
  public func deliver(_ frames: [[UInt8]]) {
    state.withLock { $0.waiting += frames }
    tell()
  }

  /// How many more frames of the guest there is room for.
  public func setRoom(_ room: Int) {
    state.withLock { $0.room = room }
    tell()
  }

  /// Plugs the cable in or out.
  public func setLink(_ isUp: Bool) {
    state.withLock { $0.isUp = isUp }
    tell()
  }

  /// The guest's frames.
  public var sent: [[UInt8]] { state.withLock(\.sent) }
  /// Frames that the guest has not taken.
  public var waitingCount: Int { state.withLock(\.waiting.count) }
}
