/// What the I/O thread asks of the registers before it touches a ring, and tells them afterwards.
extension E1000State {
  /// A transmit descriptor, and how the registers say that it is to be sent.
  struct TransmitOrder {
    /// See ``DescriptorRing/epoch``.
    var epoch: UInt64
    /// Where the descriptor at the head is; nil while the ring is empty.
    var descriptor: UInt64?
    var padsShortPackets: Bool
    /// The type of a VLAN tag that a descriptor asks for; nil when none is put in.
    var vlanType: UInt16?
  }

  /// What may be sent next; nil while nothing may.
  mutating func orderTransmit() -> TransmitOrder? {
    guard isBusMaster, linkIsUp, transmitIsEnabled else {
      transmitterIsBusy = false
      return nil
    }
    let isEmpty = transmitRing.available == 0
    transmitterIsBusy = !isEmpty
    return TransmitOrder(
      epoch: transmitRing.epoch, descriptor: isEmpty ? nil : transmitRing.address(behindHead: 0),
      padsShortPackets: padsShortPackets, vlanType: vlanTypeInVLANMode)
  }

  /// The descriptor at the head is done.
  mutating func finishTransmit(_ epoch: UInt64, wasReported: Bool) {
    guard epoch == transmitRing.epoch else { return }
    transmitRing.advance(by: 1)
    let left = transmitRing.available
    var causes: UInt32 = wasReported ? InterruptCause.transmitWrittenBack : 0
    if left == 0 { causes |= InterruptCause.transmitQueueEmpty }
    if left == transmitLowMark { causes |= InterruptCause.transmitLow }
    interrupts.raise(causes)
  }

  /// How a frame is to be stored.
  struct ReceiveOrder {
    var ring: DescriptorRing
    var descriptorCount: Int
    var bufferBytes: Int
    /// The VLAN tag is taken out of the frame.
    var stripsTag: Bool
    var tag: UInt16?
    var stripsFrameCheckSequence: Bool
    var isInexact: Bool
    /// RXCSUM.
    var checksums: UInt32
  }

  enum Admission {
    /// It is not for this driver.
    case refused
    /// There are not enough descriptors for it.
    case waits
    case accepted(ReceiveOrder)
  }

  /// The epoch of the ring while a frame can be received; nil while none can.
  mutating func receivingEpoch() -> UInt64? {
    receiverIsIdle = !(isBusMaster && linkIsUp && receiveControl.isEnabled && receiveRing.available > 0)
    return receiverIsIdle ? nil : receiveRing.epoch
  }

  /// Whether and how to store a frame.
  ///
  /// - Parameter isNew: whether it is the first time that it is asked for the frame.
  mutating func admit(_ frame: UnsafeRawBufferPointer, isNew: Bool) -> Admission {
    let control = receiveControl
    let tag = EthernetFrame.vlanTag(of: frame, type: vlanType)
    let verdict = filter.judge(frame, tag: tag, control: control)
    guard verdict != .refused else {
      statistics.countRefused(frame)
      return .refused
    }
    guard frame.count <= control.longestFrame else {
      statistics.countOversized(octets: frame.count + EthernetFrame.checkSequenceBytes)
      return .refused
    }
    let stripsTag = tag != nil && vlanTypeInVLANMode != nil
    let stored =
      frame.count - (stripsTag ? EthernetFrame.vlanTagBytes : 0)
      + (control.stripsFrameCheckSequence ? 0 : EthernetFrame.checkSequenceBytes)
    let needed = (stored + control.bufferBytes - 1) / control.bufferBytes
    guard needed <= receiveRing.available else {
      // The ring can never hold it: one descriptor is always the driver's.
      guard needed < receiveRing.count else {
        statistics.countMissed(frame)
        interrupts.raise(InterruptCause.receiveOverrun)
        return .refused
      }
      if isNew { statistics.countNoBuffers() }
      receiverIsIdle = true
      return .waits
    }
    return .accepted(
      ReceiveOrder(
        ring: receiveRing, descriptorCount: needed, bufferBytes: control.bufferBytes, stripsTag: stripsTag,
        tag: tag, stripsFrameCheckSequence: control.stripsFrameCheckSequence, isInexact: verdict == .inexact,
        checksums: receiveChecksum))
  }

  /// The frame is stored.
  mutating func finishReceive(_ frame: UnsafeRawBufferPointer, _ order: ReceiveOrder) {
    guard order.ring.epoch == receiveRing.epoch else { return }
    let before = receiveRing.available
    receiveRing.advance(by: order.descriptorCount)
    statistics.countReceived(frame)
    var causes = InterruptCause.receiveTimer
    let lowMark = receiveControl.lowMark(of: receiveRing.count)
    if before > lowMark, receiveRing.available <= lowMark { causes |= InterruptCause.receiveLow }
    if frame.count + EthernetFrame.checkSequenceBytes <= smallPacketBytes {
      causes |= InterruptCause.smallPacket
    }
    interrupts.raise(causes)
  }
}
