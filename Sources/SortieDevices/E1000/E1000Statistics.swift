/// The statistics registers (section 13.7). Each is read-only and cleared by reading it; those of 64 bits by reading
/// their upper half. They stick at their highest value. What this card cannot have, such as collisions and bad check
/// sequences, stays zero.
///
/// Lengths count from the destination address through the check sequence.
struct E1000Statistics: Sendable {
  // Indices of registers of four bytes.
  private static let missed = 0x10 / 4  // MPC
  private static let receiveLengthErrors = 0x40 / 4  // RLEC
  /// PRC64, then PRC127 to PRC1522.
  private static let receivedBySize = 0x5c / 4
  private static let received = 0x74 / 4  // GPRC
  private static let receivedBroadcasts = 0x78 / 4  // BPRC
  private static let receivedMulticasts = 0x7c / 4  // MPRC
  private static let sent = 0x80 / 4  // GPTC
  private static let receivedOctets = 0x88 / 4  // GORCL, GORCH
  private static let sentOctets = 0x90 / 4  // GOTCL, GOTCH
  private static let noBuffers = 0xa0 / 4  // RNBC
  private static let oversized = 0xac / 4  // ROC
  private static let totalReceivedOctets = 0xc0 / 4  // TORL, TORH
  private static let totalSentOctets = 0xc8 / 4  // TOTL, TOTH
  private static let totalReceived = 0xd0 / 4  // TPR
  private static let totalSent = 0xd4 / 4  // TPT
  /// PTC64, then PTC127 to PTC1522.
  private static let sentBySize = 0xd8 / 4
  private static let sentMulticasts = 0xf0 / 4  // MPTC
  private static let sentBroadcasts = 0xf4 / 4  // BPTC
  private static let segmented = 0xf8 / 4  // TSCTC
  private static let segmentationFailed = 0xfc / 4  // TSCTFC

  private var counts = InlineArray<64, UInt32>(repeating: 0)

  /// Reads the register at `offset` bytes from the first, and clears it.
  mutating func take(_ offset: Int) -> UInt32 {
    let index = offset / 4
    guard counts.indices.contains(index) else { return 0 }
    let value = counts[index]
    switch index {
    case Self.receivedOctets, Self.sentOctets, Self.totalReceivedOctets, Self.totalSentOctets: return value
    case Self.receivedOctets + 1, Self.sentOctets + 1, Self.totalReceivedOctets + 1, Self.totalSentOctets + 1:
      counts[index - 1] = 0
    default: break
    }
    counts[index] = 0
    return value
  }

  // MARK: Receiving

  /// A frame that was stored.
  mutating func countReceived(_ frame: UnsafeRawBufferPointer) {
    let octets = frame.count + EthernetFrame.checkSequenceBytes
    countTotalReceived(octets)
    count(Self.received)
    count(Self.receivedOctets, octets: octets)
    count(Self.receivedBySize + Self.sizeClass(octets))
    countGroups(frame, broadcasts: Self.receivedBroadcasts, multicasts: Self.receivedMulticasts)
  }

  /// A frame that the filters refused, of which broadcasts count in the totals.
  mutating func countRefused(_ frame: UnsafeRawBufferPointer) {
    guard EthernetFrame.destination(of: frame) == .broadcast else { return }
    countTotalReceived(frame.count + EthernetFrame.checkSequenceBytes)
  }

  /// A frame that is longer than the driver accepts.
  mutating func countOversized(octets: Int) {
    countTotalReceived(octets)
    count(Self.oversized)
    count(Self.receiveLengthErrors)
  }

  /// A frame for which there is no room.
  mutating func countMissed(_ frame: UnsafeRawBufferPointer) {
    countTotalReceived(frame.count + EthernetFrame.checkSequenceBytes)
    count(Self.missed)
  }

  /// A frame that waits for buffers.
  mutating func countNoBuffers() { count(Self.noBuffers) }

  private mutating func countTotalReceived(_ octets: Int) {
    count(Self.totalReceived)
    count(Self.totalReceivedOctets, octets: octets)
  }

  // MARK: Transmitting

  /// A frame that was sent; shorter ones than 64 bytes are not good.
  mutating func countSent(_ frame: UnsafeRawBufferPointer) {
    let octets = frame.count + EthernetFrame.checkSequenceBytes
    count(Self.totalSent)
    count(Self.totalSentOctets, octets: octets)
    if octets >= 64 {
      count(Self.sent)
      count(Self.sentOctets, octets: octets)
    }
    count(Self.sentBySize + Self.sizeClass(octets))
    countGroups(frame, broadcasts: Self.sentBroadcasts, multicasts: Self.sentMulticasts)
  }

  /// A packet was cut into segments, or could not be.
  mutating func countSegmented(_ succeeded: Bool) {
    count(succeeded ? Self.segmented : Self.segmentationFailed)
  }

  // MARK: Counting

  private mutating func count(_ index: Int) {
    if counts[index] != .max { counts[index] += 1 }
  }

  private mutating func countGroups(_ frame: UnsafeRawBufferPointer, broadcasts: Int, multicasts: Int) {
    switch EthernetFrame.destination(of: frame) {
    case .broadcast: count(broadcasts)
    case .multicast: count(multicasts)
    case .unicast: break
    }
  }

  private mutating func count(_ low: Int, octets: Int) {
    let (sum, overflow) = (UInt64(counts[low + 1]) << 32 | UInt64(counts[low]))
      .addingReportingOverflow(UInt64(octets))
    counts[low] = overflow ? .max : UInt32(truncatingIfNeeded: sum)
    counts[low + 1] = overflow ? .max : UInt32(sum >> 32)
  }

  /// Which of the six registers by size counts a frame: up to 64 bytes, below 128, 256, 512 and 1024, or above.
  private static func sizeClass(_ octets: Int) -> Int {
    switch octets {
    case ...64: 0
    case ..<128: 1
    case ..<256: 2
    case ..<512: 3
    case ..<1024: 4
    default: 5
    }
  }
}
