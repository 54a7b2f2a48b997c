internal import CLinuxIO
internal import Glibc

/// A backend's descriptors as one that stays the same: an epoll(7) descriptor is itself readable while a member is ready.
final class PollSet: Sendable {
  let descriptor: Int32

  // EPOLLIN and EPOLLOUT, linux/eventpoll.h.
  private static let readable: UInt32 = 0x001
  private static let writable: UInt32 = 0x004

  init() throws(HostError) {
    descriptor = sortie_epoll_create()
    guard descriptor >= 0 else {
      throw HostError(
        "epoll_create1", errno: -descriptor, hint: "raise the limit of open files (ulimit -n)")
    }
  }

  deinit { close(descriptor) }

  /// Watches `member` for something to read, and for its hang-up.
  ///
  /// - Returns: false when the kernel has no memory for it.
  func add(_ member: Int32) -> Bool {
    sortie_epoll_add(descriptor, member, Self.readable, 0) == 0
  }

  /// Whether to watch `member` also for room to write. Asking again looks again.
  func watchForRoom(_ member: Int32, _ wanted: Bool) {
    _ = sortie_epoll_modify(descriptor, member, Self.readable | (wanted ? Self.writable : 0), 0)
  }

  func remove(_ member: Int32) { _ = sortie_epoll_remove(descriptor, member) }
}
