import CLinuxIO
import Glibc
import SortieDevices
import Synchronization

/// The far end of a cable in the test's hands.
final class FakeNetBackend: NetBackend {
  private struct State {
    var waiting: [[UInt8]] = []
    var sent: [[UInt8]] = []
    var room = Int.max
    var isUp = true
  }

  let mtu: Int
  let pollDescriptor = sortie_io_eventfd()
  private let state = Mutex(State())

  init(mtu: Int = 1500) { self.mtu = mtu }

  deinit { close(pollDescriptor) }

  var isLinkUp: Bool { state.withLock(\.isUp) }

  func updateLink() {}

  func receive(into buffer: UnsafeMutableRawBufferPointer) -> NetReception {
    state.withLock { state in
      guard !state.waiting.isEmpty else { return .nothing }
      let frame = state.waiting.removeFirst()
      guard frame.count <= buffer.count else { return .oversized }
      buffer.copyBytes(from: frame)
      return .frame(frame.count)
    }
  }

  func send(_ frame: UnsafeRawBufferPointer) -> NetTransmission {
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

  func deliver(_ frames: [[UInt8]]) {
    state.withLock { $0.waiting += frames }
    tell()
  }

  func setRoom(_ room: Int) {
    state.withLock { $0.room = room }
    tell()
  }

  func setLink(_ isUp: Bool) {
    state.withLock { $0.isUp = isUp }
    tell()
  }

  var sent: [[UInt8]] { state.withLock(\.sent) }
  var waitingCount: Int { state.withLock(\.waiting.count) }
}
