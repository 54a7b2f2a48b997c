import SortieDevices

/// Input: a byte of features (bit 0 mergeable buffers, bit 1 event index, bit 2 indirect), then four bytes each: an
/// operation, an index, a value of 16 bits.
func fuzzVirtioNet(_ bytes: UnsafeRawBufferPointer) {
  guard let flags = bytes.first else { return }
  var features: VirtioFeatures = []
  if flags & 1 != 0 { features.insert(.netMergeableBuffers) }
  if flags & 2 != 0 { features.insert(.eventIndex) }
  if flags & 4 != 0 { features.insert(.indirectDescriptors) }
  let guest = FuzzedGuest()
  defer { withExtendedLifetime(guest) {} }
  let backend = FuzzedNetBackend()
  let counters = NetCounters()
  let receiveQueue = guest.queue(0, features: features)
  let receiver = NetReceiver(
    receiveQueue, backend: backend, mtu: backend.mtu, mergesBuffers: flags & 1 != 0, counters: counters)
  let transmitter = NetTransmitter(backend: backend, mtu: backend.mtu, counters: counters)
  let receive = guest.server(receiveQueue) { chain throws(VirtioFault) in try receiver.fill(&chain) }
  let transmit = guest.server(guest.queue(1, features: features)) { transmitter.send(&$0) }

  var offset = 1
  while offset + 4 <= bytes.count {
    let index = bytes[offset + 1]
    let value = bytes.loadUnaligned(fromByteOffset: offset + 2, as: UInt16.self)
    switch bytes[offset] & 7 {
    case 0: receive.serve()
    case 1: transmit.serve()
    case 2: receive.resume()
    case 3:
      backend.room = Int(index)
      transmit.resume()
    case 4: backend.waiting.append(Int(value & 0x7ff))
    default: guest.store(value, at: index)
    }
    offset += 4
  }
  let traffic = counters.traffic
  precondition(traffic.sent == backend.sentCount)
  precondition(traffic.received + traffic.receiveDropped <= backend.receivedCount)
  precondition(traffic.received + traffic.receiveDropped + 1 >= backend.receivedCount, "a frame was lost")
}

private final class FuzzedNetBackend: NetBackend, @unchecked Sendable {
  let mtu = 1500
  let isLinkUp = true
  let pollDescriptor: Int32 = -1
  var room = 0
  var waiting: [Int] = []
  var sentCount: UInt64 = 0
  var receivedCount: UInt64 = 0

  func updateLink() {}

  func receive(into buffer: UnsafeMutableRawBufferPointer) -> NetReception {
    guard let count = waiting.popLast() else { return .nothing }
    receivedCount += 1
    guard count <= buffer.count else { return .oversized }
    buffer[..<count].initializeMemory(as: UInt8.self, repeating: 0x5a)
    return .frame(count)
  }

  func send(_ frame: UnsafeRawBufferPointer) -> NetTransmission {
    precondition((14...1518).contains(frame.count), "a frame of \(frame.count) bytes")
    guard room > 0 else { return .full }
    room -= 1
    sentCount += 1
    return .sent
  }
}
