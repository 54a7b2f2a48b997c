import SortieDevices

/// The receive queue of a network card: frames of the backend to the guest's buffers (Virtual I/O Device Version 1.2,
/// section 5.1.6.4). Without buffers nothing is read, so that frames wait in the host. Of the I/O thread alone.
final class NetReceiver: @unchecked Sendable {
  private let queue: Virtqueue
  private let backend: any NetBackend
  private let counters: NetCounters
  private let mergesBuffers: Bool

  private let frame: UnsafeMutableRawBufferPointer
  // What of the frame is still to be written; nil without a frame.
  private var rest: Range<Int>?
  // The buffers that the frame fills, of which the driver must see all or none.
  private var filled: [UsedChain] = []
  // Where the number of them stands in the guest, its two bytes perhaps in two buffers.
  private var bufferCount: (low: UnsafeMutablePointer<UInt8>, high: UnsafeMutablePointer<UInt8>)?

  init(
    _ queue: Virtqueue, backend: any NetBackend, mtu: Int, mergesBuffers: Bool, counters: NetCounters
  ) {
    self.queue = queue
    self.backend = backend
    self.counters = counters
    self.mergesBuffers = mergesBuffers
    frame = .allocate(byteCount: EthernetFrame.limit(mtu: mtu), alignment: 16)
    filled.reserveCapacity(Int(queue.size))
  }

  deinit { frame.deallocate() }

  /// Fills `chain` with the next frame, or with what others before it had no room for.
  func fill(_ chain: inout DescriptorChain) throws(VirtioFault) -> QueueServer.Outcome {
    guard let rest else { return try begin(&chain) }
    return try fill(&chain, with: rest, behind: 0)
  }

  private func begin(_ chain: inout DescriptorChain) throws(VirtioFault) -> QueueServer.Outcome {
    let room = chain.writableByteCount
    guard room >= NetHeader.byteCount else {
      throw .request(
        queue: queue.index, problem: "a receive buffer of \(room) bytes has no room for the header")
    }
    switch backend.receive(into: frame) {
    case .nothing: return .waiting
    case .oversized:
      counters.update { $0.receiveDropped += 1 }
      return .again
    case .frame(let count):
      guard mergesBuffers || room >= NetHeader.byteCount + count else {
        counters.update { $0.receiveDropped += 1 }
        return .done(written: 0)
      }
      if let low = chain.writableByte(at: NetHeader.bufferCount),
        let high = chain.writableByte(at: NetHeader.bufferCount + 1)
      {
        bufferCount = (low, high)
      }
      NetHeader.withZeros { _ = chain.write($0) }
      return try fill(&chain, with: 0..<count, behind: NetHeader.byteCount)
    }
  }

  private func fill(
    _ chain: inout DescriptorChain, with part: Range<Int>, behind headerBytes: Int
  ) throws(VirtioFault) -> QueueServer.Outcome {
    let written = chain.write(UnsafeRawBufferPointer(rebasing: frame[part]))
    filled.append(UsedChain(id: chain.id, written: UInt32(headerBytes + written)))
    let left = part.lowerBound + written..<part.upperBound
    if left.isEmpty {
      finish()
    } else if filled.count < Int(queue.size) {
      rest = left
    } else {
      abandon()
    }
    return .taken
  }

  private func finish() {
    if let bufferCount {
      bufferCount.low.pointee = UInt8(truncatingIfNeeded: filled.count)
      bufferCount.high.pointee = UInt8(truncatingIfNeeded: filled.count >> 8)
    }
    counters.update { $0.received += 1 }
    giveBack()
  }

  /// All the buffers that a queue can have do not hold the frame.
  private func abandon() {
    for index in filled.indices { filled[index].written = 0 }
    counters.update { $0.receiveDropped += 1 }
    giveBack()
  }

  private func giveBack() {
    queue.push(filled)
    filled.removeAll(keepingCapacity: true)
    rest = nil
    bufferCount = nil
  }
}
