import SortieDevices

/// The transmit queue of a network card: the guest's frames to the backend (Virtual I/O Device Version 1.2, section
/// 5.1.6.2). A frame that the backend has no room for waits, and those behind it. Of the I/O thread alone.
final class NetTransmitter: @unchecked Sendable {
  private let backend: any NetBackend
  private let counters: NetCounters
  private let frame: UnsafeMutableRawBufferPointer
  // Bytes of the frame that waits for room; nil without one.
  private var waiting: Int?

  init(backend: any NetBackend, mtu: Int, counters: NetCounters) {
    self.backend = backend
    self.counters = counters
    frame = .allocate(byteCount: EthernetFrame.limit(mtu: mtu), alignment: 16)
  }

  deinit { frame.deallocate() }

  /// Sends the frame in `chain`. What is no frame is given back like any other: a network may lose it, too.
  func send(_ chain: inout DescriptorChain) -> QueueServer.Outcome {
    guard let count = waiting ?? take(&chain) else { return drop() }
    waiting = nil
    switch backend.send(UnsafeRawBufferPointer(rebasing: frame[..<count])) {
    case .sent:
      counters.update { $0.sent += 1 }
      return .done(written: 0)
    case .full:
      waiting = count
      return .waiting
    case .dropped: return drop()
    }
  }

  private func drop() -> QueueServer.Outcome {
    counters.update { $0.sendDropped += 1 }
    return .done(written: 0)
  }

  /// Takes the frame over; nil for what cannot be sent.
  private func take(_ chain: inout DescriptorChain) -> Int? {
    let count = chain.readableByteCount - NetHeader.byteCount
    guard count >= EthernetFrame.headerBytes, count <= frame.count else { return nil }
    let isPlain = withUnsafeTemporaryAllocation(byteCount: NetHeader.byteCount, alignment: 1) { header in
      chain.read(into: header)
      return !NetHeader.asksForOffload(UnsafeRawBufferPointer(header))
    }
    guard isPlain else { return nil }
    return chain.read(into: frame)
  }
}
