/// The transmit ring: the driver's packets to the backend (sections 3.3 to 3.6). A frame that the backend has no room for
/// waits, and those behind it. Of the I/O thread alone.
///
/// What is no packet is lost, as a network may lose it, and its descriptors come back like any others: one that is too
/// short or too long, that has a buffer outside memory, or that does not fit its context.
final class Transmitter {
  /// The longest packet before segmentation: what an IP packet can be, and its headers.
  private static let packetLimit = 1 << 16 + 512

  private let core: E1000Core
  private let backend: any NetBackend
  private let memory: GuestRAM
  private let frameLimit: Int

  /// Room for a VLAN tag, and the packet.
  private let buffer: UnsafeMutableRawBufferPointer
  private let packet: UnsafeMutableRawBufferPointer
  /// A frame that is padded.
  private let padded: UnsafeMutableRawBufferPointer
  private var byteCount = 0
  private var isLost = false
  /// The packet's first descriptor; nil before it.
  private var first: TransmitDescriptor?

  /// A whole packet that is being sent.
  private struct Sending {
    var last: TransmitDescriptor
    var address: UInt64
    var segments: Segmentation?
    var nextSegment = 0
    /// The next frame, once it is made.
    var frame: UnsafeRawBufferPointer?
  }

  private var sending: Sending?
  // A card has two contexts (section 3.3.5), which stay until others come.
  private var checksumContext = OffloadContext()
  private var segmentationContext = OffloadContext()
  /// Of the ring that all this is about.
  private var epoch: UInt64 = 0

  init(core: E1000Core, backend: any NetBackend, memory: GuestRAM) {
    self.core = core
    self.backend = backend
    self.memory = memory
    frameLimit = EthernetFrame.limit(mtu: backend.mtu)
    buffer = .allocate(byteCount: EthernetFrame.vlanTagBytes + Self.packetLimit, alignment: 16)
    packet = UnsafeMutableRawBufferPointer(rebasing: buffer[EthernetFrame.vlanTagBytes...])
    padded = .allocate(byteCount: EthernetFrame.minimumBytes, alignment: 16)
  }

  deinit {
    buffer.deallocate()
    padded.deallocate()
  }

  /// Takes one descriptor, or sends one frame.
  ///
  /// - Returns: false when there is nothing to do, or no room for it.
  func step() -> Bool {
    guard let order = core.withState({ $0.orderTransmit() }) else { return false }
    if order.epoch != epoch {
      epoch = order.epoch
      forgetPacket()
    }
    if sending != nil { return sendFrame(order) }
    guard let address = order.descriptor else { return false }
    guard let bytes = memory.bytes(at: address, count: DescriptorRing.descriptorBytes)?.baseAddress else {
      // Nothing more comes of a ring outside memory until the driver writes its registers.
      core.withState { $0.transmitterIsBusy = false }
      return false
    }
    take(TransmitDescriptor(at: bytes), at: address, order)
    return true
  }

  private func forgetPacket() {
    byteCount = 0
    isLost = false
    first = nil
    sending = nil
  }

  // MARK: Descriptors

  private func take(_ descriptor: TransmitDescriptor, at address: UInt64, _ order: E1000State.TransmitOrder) {
    switch descriptor.kind {
    case .context:
      if descriptor.isSegmented {
        segmentationContext = descriptor.context
      } else {
        checksumContext = descriptor.context
      }
    case .legacy, .data:
      if first == nil { first = descriptor }
      gather(descriptor)
      guard !descriptor.isEndOfPacket else { return finishPacket(descriptor, at: address) }
    case .unknown: break
    }
    finish(descriptor, at: address)
  }

  private func gather(_ descriptor: TransmitDescriptor) {
    let count = descriptor.byteCount
    // A null address, like no bytes, transfers nothing (section 3.3.3.1, note 3).
    guard !isLost, count > 0, descriptor.address != 0 else { return }
    guard count <= packet.count - byteCount,
      let bytes = memory.bytes(at: descriptor.address, count: UInt64(count))
    else {
      isLost = true
      return
    }
    UnsafeMutableRawBufferPointer(rebasing: packet[byteCount..<byteCount + count]).copyMemory(
      from: UnsafeRawBufferPointer(bytes))
    byteCount += count
  }

  /// The descriptor is done.
  private func finish(_ descriptor: TransmitDescriptor, at address: UInt64) {
    if descriptor.reportsStatus,
      let bytes = memory.bytes(at: address, count: DescriptorRing.descriptorBytes)?.baseAddress
    {
      descriptor.writeBackDone(to: bytes)
    }
    core.withState { $0.finishTransmit(epoch, wasReported: descriptor.reportsStatus) }
  }

  // MARK: Packets

  /// The packet is whole: prepares what is sent of it, or gives it up.
  private func finishPacket(_ last: TransmitDescriptor, at address: UInt64) {
    guard !isLost, let first else { return giveUp(last, at: address) }
    if first.kind == .data, first.isSegmented {
      let segments = Segmentation(
        UnsafeRawBufferPointer(rebasing: packet[..<byteCount]), segmentationContext,
        ip: first.insertsIPChecksum, transport: first.insertsTransportChecksum)
      core.withState { $0.statistics.countSegmented(segments != nil) }
      guard let segments else { return giveUp(last, at: address) }
      sending = Sending(last: last, address: address, segments: segments)
    } else {
      if !last.insertsFrameCheckSequence { byteCount = max(0, byteCount - EthernetFrame.checkSequenceBytes) }
      sending = Sending(last: last, address: address)
    }
  }

  private func giveUp(_ last: TransmitDescriptor, at address: UInt64) {
    forgetPacket()
    finish(last, at: address)
  }

  // MARK: Frames

  private func sendFrame(_ order: E1000State.TransmitOrder) -> Bool {
    guard var sending, let first else { return false }
    let frame = sending.frame ?? makeFrame(sending, first, order)
    if frame.count >= EthernetFrame.headerBytes, frame.count <= frameLimit {
      switch backend.send(frame) {
      case .full:
        self.sending?.frame = frame
        return false
      case .sent: core.withState { $0.statistics.countSent(frame) }
      case .dropped: break
      }
    }
    sending.frame = nil
    sending.nextSegment += 1
    self.sending = sending
    if sending.nextSegment >= sending.segments?.count ?? 1 {
      forgetPacket()
      finish(sending.last, at: sending.address)
    }
    return true
  }

  private func makeFrame(
    _ sending: Sending, _ first: TransmitDescriptor, _ order: E1000State.TransmitOrder
  ) -> UnsafeRawBufferPointer {
    var range = 0..<byteCount
    if let segments = sending.segments {
      range = segments.makeFrame(sending.nextSegment, in: packet)
    } else {
      insertChecksums(into: UnsafeMutableRawBufferPointer(rebasing: packet[range]), first, sending.last)
    }
    let start = range.lowerBound + EthernetFrame.vlanTagBytes
    range = start..<start + range.count
    // With segmentation the first descriptor says whether there is a tag, otherwise the last (section 3.3.7.1).
    if let tag = (sending.segments == nil ? sending.last : first).tag, let type = order.vlanType {
      range = insertTag(tag, type: type, into: range)
    }
    let frame = UnsafeRawBufferPointer(rebasing: buffer[range])
    return order.padsShortPackets ? pad(frame) : frame
  }

  /// The checksums of a packet that is not cut: the first descriptor says which (section 3.3.7), but for a legacy one the
  /// last (section 3.3.3.1).
  private func insertChecksums(
    into frame: UnsafeMutableRawBufferPointer, _ first: TransmitDescriptor, _ last: TransmitDescriptor
  ) {
    if first.kind == .data {
      Segmentation.insertChecksums(
        frame, checksumContext, ip: first.insertsIPChecksum, transport: first.insertsTransportChecksum)
    } else if last.kind == .legacy, let (start, offset) = last.checksum {
      Segmentation.insert(OffloadContext.Checksum(start: start, offset: offset), into: frame)
    }
  }

  /// Moves the addresses of a frame down and puts a tag behind them (section 9.2).
  private func insertTag(_ tag: UInt16, type: UInt16, into range: Range<Int>) -> Range<Int> {
    guard range.count >= EthernetFrame.headerBytes else { return range }
    let start = range.lowerBound - EthernetFrame.vlanTagBytes
    for index in start..<start + EthernetFrame.addressBytes {
      buffer[index] = buffer[index + EthernetFrame.vlanTagBytes]
    }
    let tagStart = start + EthernetFrame.addressBytes
    buffer.storeBytes(of: type.bigEndian, toByteOffset: tagStart, as: UInt16.self)
    buffer.storeBytes(of: tag.bigEndian, toByteOffset: tagStart + 2, as: UInt16.self)
    return start..<range.upperBound
  }

  /// Fills a short frame up with zeros, not in place, where the next segment's payload may follow.
  private func pad(_ frame: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    guard frame.count >= EthernetFrame.headerBytes, frame.count < padded.count else { return frame }
    padded.copyMemory(from: frame)
    for index in frame.count..<padded.count { padded[index] = 0 }
    return UnsafeRawBufferPointer(padded)
  }
}
