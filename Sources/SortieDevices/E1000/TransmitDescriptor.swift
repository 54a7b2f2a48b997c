internal import CLinuxIO

/// A transmit descriptor as the driver has written it (sections 3.3.3 to 3.3.7).
struct TransmitDescriptor: BitwiseCopyable {
  /// What a descriptor is.
  enum Kind {
    /// A part of a packet, with a checksum of its own kind.
    case legacy
    /// Says how to offload the packets that follow.
    case context
    /// A part of a packet that is offloaded as a context says.
    case data
    /// Reserved types.
    case unknown
  }

  // Bytes of the second half, at which status and checksum start stand.
  private static let statusOffset = 12
  private static let done: UInt16 = 1 << 0

  // Commands. Bit 2 is another in each kind.
  private static let endOfPacket: UInt8 = 1 << 0
  private static let insertFrameCheckSequence: UInt8 = 1 << 1
  private static let secondBit: UInt8 = 1 << 2
  private static let reportStatus: UInt8 = 1 << 3
  private static let extended: UInt8 = 1 << 5
  private static let vlan: UInt8 = 1 << 6

  private let first: UInt64
  private let second: UInt64

  /// Reads the 16 bytes once, whatever the driver does meanwhile.
  init(at bytes: UnsafeRawPointer) {
    first = UInt64(littleEndian: sortie_ring_load_once(bytes))
    second = UInt64(littleEndian: sortie_ring_load_once(bytes + 8))
  }

  /// Tells the driver that the descriptor is done, after all that was read for it. Ring and RAM are aligned.
  func writeBackDone(to bytes: UnsafeMutableRawPointer) {
    let word = (bytes + Self.statusOffset).assumingMemoryBound(to: UInt16.self)
    sortie_ring_store_release(word, (UInt16(truncatingIfNeeded: second >> 32) | Self.done).littleEndian)
  }

  private var command: UInt8 { UInt8(truncatingIfNeeded: second >> 24) }
  private func has(_ bit: UInt8) -> Bool { command & bit != 0 }

  var kind: Kind {
    guard has(Self.extended) else { return .legacy }
    switch second >> 20 & 0xf {
    case 0: return .context
    case 1: return .data
    default: return .unknown
    }
  }

  var reportsStatus: Bool { has(Self.reportStatus) }

  // MARK: Parts of packets

  var address: UInt64 { first }
  var byteCount: Int { kind == .data ? Int(second & 0xf_ffff) : Int(second & 0xffff) }
  var isEndOfPacket: Bool { has(Self.endOfPacket) }
  /// Without it the packet brings its own check sequence.
  var insertsFrameCheckSequence: Bool { has(Self.insertFrameCheckSequence) }
  /// The VLAN tag that it asks for.
  var tag: UInt16? { has(Self.vlan) ? UInt16(truncatingIfNeeded: second >> 48) : nil }

  /// Where a legacy descriptor has the checksum computed from, and inserted (CSS, CSO); nil without IC.
  var checksum: (start: Int, offset: Int)? {
    has(Self.secondBit) ? (Int(second >> 40 & 0xff), Int(second >> 16 & 0xff)) : nil
  }

  /// TSE of a data or context descriptor.
  var isSegmented: Bool { has(Self.secondBit) }
  /// IXSM: the IP checksum of the context is to be inserted.
  var insertsIPChecksum: Bool { second >> 40 & 1 != 0 }
  /// TXSM: the TCP or UDP checksum of the context is to be inserted.
  var insertsTransportChecksum: Bool { second >> 41 & 1 != 0 }

  // MARK: Contexts

  var context: OffloadContext {
    OffloadContext(
      ip: .init(start: byte(0), offset: byte(1), end: Int(first >> 16 & 0xffff)),
      transport: .init(start: byte(4), offset: byte(5), end: Int(first >> 48)),
      headerBytes: Int(second >> 40 & 0xff), segmentBytes: Int(second >> 48),
      isTCP: has(Self.endOfPacket), isIPv4: has(Self.insertFrameCheckSequence))
  }

  private func byte(_ index: UInt64) -> Int { Int(first >> (8 * index) & 0xff) }
}

/// What a context descriptor says of the packets that follow (section 3.3.6).
struct OffloadContext: BitwiseCopyable {
  /// A checksum: from which byte on it is computed, where it is inserted, and the last byte that counts, which is the
  /// packet's last if it is 0.
  struct Checksum: BitwiseCopyable {
    var start = 0
    var offset = 0
    var end = 0
  }

  var ip = Checksum()
  var transport = Checksum()
  /// Bytes of the headers that go before each segment (HDRLEN).
  var headerBytes = 0
  /// Bytes of payload in a segment (MSS).
  var segmentBytes = 0
  var isTCP = false
  var isIPv4 = false
}
