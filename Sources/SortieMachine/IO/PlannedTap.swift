internal import Glibc
internal import GuestABI
internal import SortieDevices
internal import Synchronization

/// Carries frames between a tap interface, at which the kernel serves a network card (vhost-net), and the network of an I/O
/// plan.
final class PlannedTap: @unchecked Sendable {
  private let network: PlannedNetwork
  private let end: TapHostEnd
  private let thread: IOThread
  private let registrations = Mutex<[IORegistration]>([])
  // Of the thread, and when that has nothing more to do with it, of the caller of ``finish()``.
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 16)

  /// Carries frames on `thread` from now on.
  ///
  /// - Throws: ``HostError`` naming what the host refuses.
  init(_ tap: TapBackend, _ network: PlannedNetwork, thread: IOThread) throws(HostError) {
    self.network = network
    self.thread = thread
    end = try TapHostEnd(tap, type: UInt16(bigEndian: UInt16(SORTIE_IO_ETHER_TYPE)))
    for descriptor in [end.descriptor, network.pollDescriptor] {
      // Until it is taken off, the thread keeps this.
      let registration = try thread.add(descriptor, events: [.readable, .edgeTriggered]) { _ in self.carry() }
      registrations.withLock { $0.append(registration) }
    }
  }

  deinit { buffer.deallocate() }

  /// Ends carrying on the thread.
  func stop() {
    let registrations = registrations.withLock { registrations in
      defer { registrations = [] }
      return registrations
    }
    for registration in registrations { thread.remove(registration) }
  }

  /// Carries what is still on its way from a guest that has ended.
  func finish() {
    stop()
    for _ in 0..<Self.patience where !network.hasAllFrames {
      var waited = pollfd(fd: end.descriptor, events: Int16(POLLIN), revents: 0)
      _ = poll(&waited, 1, Self.pauseMilliseconds)
      carry()
    }
  }

  private static let patience = 10
  private static let pauseMilliseconds: Int32 = 50

  private func carry() {
    while case .frame(let count) = end.receive(into: buffer) {
      _ = network.send(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
    while case .frame(let count) = network.receive(into: buffer) {
      // One that is lost the guest waits for in vain.
      _ = end.send(UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
    }
  }
}
