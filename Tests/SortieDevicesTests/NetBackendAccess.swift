import CLinuxIO
import Glibc
import SortieDevices

extension NetBackend {
  /// The next frame of up to `limit` bytes; nil for anything else.
  func receive(limit: Int = 1518) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0xee, count: limit)
    guard case .frame(let count) = buffer.withUnsafeMutableBytes({ receive(into: $0) }) else { return nil }
    return Array(buffer[..<count])
  }

  func send(_ frame: [UInt8]) -> NetTransmission { frame.withUnsafeBytes { send($0) } }

  /// The next frame that `accept` takes, waited for up to two seconds.
  func wait(for accept: ([UInt8]) -> Bool) -> [UInt8]? {
    for _ in 0..<2000 {
      while let frame = receive() {
        if accept(frame) { return frame }
      }
      usleep(1000)
    }
    return nil
  }
}

/// An Ethernet frame for everyone, of an experimental type (IEEE 802, clause 9.2.4).
func testFrame(_ payload: [UInt8]) -> [UInt8] {
  [UInt8](repeating: 0xff, count: 6) + [2, 0, 0, 0, 0, 1] + [0x88, 0xb5] + payload
}

/// Tells what an edge-triggered watcher of a descriptor is told.
final class EdgeWatch {
  private let epoll = sortie_epoll_create()

  // EPOLLIN | EPOLLET
  init(_ descriptor: Int32) { precondition(sortie_epoll_add(epoll, descriptor, 1 | 1 << 31, 0) == 0) }

  deinit { close(epoll) }

  /// Whether it was told since it last asked.
  func fired() -> Bool {
    var ready = pollfd(fd: epoll, events: Int16(POLLIN), revents: 0)
    guard poll(&ready, 1, 0) == 1 else { return false }
    var event = sortie_epoll_event()
    return sortie_epoll_wait(epoll, &event, 1) == 1
  }
}
