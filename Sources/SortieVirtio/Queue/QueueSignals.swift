internal import CLinuxIO
internal import Glibc
internal import SortieDevices

/// An eventfd for each queue of a device. It owns them.
final class QueueSignals: Sendable {
  /// The eventfds, by queue.
  let descriptors: [Int32]

  /// `count` eventfds.
  ///
  /// - Throws: ``HostError`` when the host has no descriptors left.
  init(count: Int) throws(HostError) {
    var made: [Int32] = []
    for _ in 0..<count {
      let descriptor = sortie_io_eventfd()
      guard descriptor >= 0 else {
        for descriptor in made { close(descriptor) }
        throw HostError("eventfd of a queue", errno: -descriptor)
      }
      made.append(descriptor)
    }
    descriptors = made
  }

  deinit { for descriptor in descriptors { close(descriptor) } }

  /// Signals the eventfd of `queue`, if there is that queue. It never waits: a full counter says it all
  /// already.
  func signal(_ queue: Int) {
    guard descriptors.indices.contains(queue) else { return }
    var one: UInt64 = 1
    _ = write(descriptors[queue], &one, 8)
  }
}
