/// The receive ring: frames of the backend to the driver's buffers (section 3.2). Of the I/O thread alone.
///
/// While the driver has no buffers out, or has not enabled receiving, nothing is read: frames wait in the host, as they
/// would before a switch that heeds flow control. What is written to a buffer outside memory is lost.
final class Receiver {
  private let core: E1000Core
  private let backend: any NetBackend
  private let memory: GuestRAM
  private let checkSequence = FrameCheckSequence()

  /// A frame, and room for its check sequence.
  private let buffer: UnsafeMutableRawBufferPointer
  private let frameLimit: Int
  // Bytes of a frame that waits for descriptors; nil without one.
  private var waiting: Int?
  // The ring that it waits for: a reset flushes what a card holds.
  private var epoch: UInt64 = 0
  /// The backend had no frame when it was last asked, and has told of nothing since.
  private(set) var backendIsEmpty = false

  init(core: E1000Core, backend: any NetBackend, memory: GuestRAM) {
    self.core = core
    self.backend = backend
    self.memory = memory
    frameLimit = max(EthernetFrame.limit(mtu: backend.mtu), EthernetFrame.minimumBytes)
    buffer = .allocate(byteCount: frameLimit + EthernetFrame.checkSequenceBytes, alignment: 16)
  }

  deinit { buffer.deallocate() }

  /// The backend has told of something.
  func backendIsReady() { backendIsEmpty = false }

  /// Takes one frame.
  ///
  /// - Returns: false when there is none, or no room for it.
  func step() -> Bool {
    guard !(waiting == nil && backendIsEmpty), let epoch = core.withState({ $0.receivingEpoch() }) else {
      return false
    }
    if epoch != self.epoch {
      self.epoch = epoch
      waiting = nil
    }
    let isNew = waiting == nil
    guard let count = waiting ?? takeFrame() else { return !backendIsEmpty }
    waiting = nil
    let frame = UnsafeRawBufferPointer(rebasing: buffer[..<count])
    switch core.withState({ $0.admit(frame, isNew: isNew) }) {
    case .refused: break
    case .waits:
      waiting = count
      return false
    case .accepted(let order):
      store(count, order)
      core.withState { $0.finishReceive(frame, order) }
    }
    return true
  }

  private func takeFrame() -> Int? {
    switch backend.receive(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<frameLimit])) {
    case .nothing: backendIsEmpty = true
    case .oversized:
      // So long at least.
      let octets = frameLimit + 1 + EthernetFrame.checkSequenceBytes
      core.withState { $0.statistics.countOversized(octets: octets) }
    case .frame(let count) where count < EthernetFrame.headerBytes: break
    case .frame(let count):
      // A card at the other end would have padded it.
      for index in count..<max(count, EthernetFrame.minimumBytes) { buffer[index] = 0 }
      return max(count, EthernetFrame.minimumBytes)
    }
    return nil
  }

  // MARK: Storing

  private func store(_ count: Int, _ order: E1000State.ReceiveOrder) {
    var end = count
    if !order.stripsFrameCheckSequence {
      let sequence = checkSequence.of(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      buffer.storeBytes(of: sequence.littleEndian, toByteOffset: count, as: UInt32.self)
      end += EthernetFrame.checkSequenceBytes
    }
    if order.stripsTag {
      let tag = EthernetFrame.addressBytes..<EthernetFrame.addressBytes + EthernetFrame.vlanTagBytes
      UnsafeMutableRawBufferPointer(rebasing: buffer[tag.lowerBound...]).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: buffer[tag.upperBound..<end]))
      end -= tag.count
    }
    write(UnsafeRawBufferPointer(rebasing: buffer[..<end]), order)
  }

  private func write(_ packet: UnsafeRawBufferPointer, _ order: E1000State.ReceiveOrder) {
    let checks = ReceiveChecks(of: packet, control: order.checksums)
    var last = checks.status | ReceiveStatus.endOfPacket
    if order.isInexact { last |= ReceiveStatus.inexact }
    if order.stripsTag { last |= ReceiveStatus.vlan }
    for index in 0..<order.descriptorCount {
      let start = index * order.bufferBytes
      let part = UnsafeRawBufferPointer(
        rebasing: packet[start..<min(start + order.bufferBytes, packet.count)])
      let isLast = index == order.descriptorCount - 1
      write(
        part,
        ReceiveStatus(
          bits: isLast ? last : 0, length: UInt16(part.count), checksum: checks.packetChecksum,
          special: order.stripsTag ? order.tag ?? 0 : 0),
        at: order.ring.address(behindHead: index))
    }
  }

  private func write(_ data: UnsafeRawBufferPointer, _ status: ReceiveStatus, at address: UInt64) {
    guard let descriptor = memory.bytes(at: address, count: DescriptorRing.descriptorBytes)?.baseAddress
    else { return }
    let target = ReceiveStatus.bufferAddress(at: descriptor)
    memory.bytes(at: target, count: UInt64(data.count))?.copyMemory(from: data)
    status.write(to: descriptor)
  }
}
