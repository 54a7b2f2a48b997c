/// Cuts a packet into frames that repeat its headers (TCP segmentation, section 3.5), and puts checksums into frames
/// (section 3.6).
///
/// The headers of a frame are written in front of its payload, over what has been sent already, so no payload moves.
struct Segmentation {
  // Offsets in headers: RFC 791, 8200, 9293 and 768.
  private static let ipv4TotalLength = 2
  private static let ipv4Identification = 4
  private static let ipv6PayloadLength = 4
  private static let ipv6HeaderBytes = 40
  private static let tcpSequence = 4
  private static let tcpFlags = 13
  private static let udpLength = 4
  /// FIN and PSH, which only the last segment has.
  private static let lastSegmentFlags: UInt8 = 0x09

  let context: OffloadContext
  let insertsIPChecksum: Bool
  let insertsTransportChecksum: Bool

  // The headers as the driver wrote them.
  private var headers = InlineArray<256, UInt8>(repeating: 0)
  private let payloadBytes: Int

  /// How many frames the packet becomes.
  let count: Int

  /// Segments of `packet`; nil where the context does not fit the packet.
  init?(_ packet: UnsafeRawBufferPointer, _ context: OffloadContext, ip: Bool, transport: Bool) {
    guard context.segmentBytes > 0, context.headerBytes >= EthernetFrame.headerBytes,
      packet.count >= context.headerBytes
    else { return nil }
    self.context = context
    insertsIPChecksum = ip
    insertsTransportChecksum = transport
    payloadBytes = packet.count - context.headerBytes
    count = max(1, (payloadBytes + context.segmentBytes - 1) / context.segmentBytes)
    for index in 0..<context.headerBytes { headers[index] = packet[index] }
  }

  /// Makes the frame `index` of `packet` and returns where in the packet it stands.
  func makeFrame(_ index: Int, in packet: UnsafeMutableRawBufferPointer) -> Range<Int> {
    let start = index * context.segmentBytes
    let payload = min(context.segmentBytes, payloadBytes - start)
    let range = start..<start + context.headerBytes + payload
    let frame = UnsafeMutableRawBufferPointer(rebasing: packet[range])
    for index in 0..<context.headerBytes { frame[index] = headers[index] }
    updateIP(frame, index)
    updateTransport(frame, index)
    Self.insertChecksums(
      frame, context, ip: insertsIPChecksum, transport: insertsTransportChecksum,
      // The driver left the length out of the pseudo-header (section 3.5.5).
      pseudoHeader: UInt16(truncatingIfNeeded: frame.count - context.transport.start))
    return range
  }

  private func updateIP(_ frame: UnsafeMutableRawBufferPointer, _ index: Int) {
    let start = context.ip.start
    guard context.isIPv4 else {
      // The manual's formula forgets that the length does not count the header (RFC 8200, section 3).
      return frame.storeBigEndian(
        UInt16(truncatingIfNeeded: frame.count - start - Self.ipv6HeaderBytes),
        at: start + Self.ipv6PayloadLength)
    }
    frame.storeBigEndian(UInt16(truncatingIfNeeded: frame.count - start), at: start + Self.ipv4TotalLength)
    frame.addBigEndian(UInt16(truncatingIfNeeded: index), at: start + Self.ipv4Identification)
  }

  private func updateTransport(_ frame: UnsafeMutableRawBufferPointer, _ index: Int) {
    let start = context.transport.start
    guard context.isTCP else {
      return frame.storeBigEndian(
        UInt16(truncatingIfNeeded: frame.count - start), at: start + Self.udpLength)
    }
    frame.addBigEndian(
      UInt32(truncatingIfNeeded: index * context.segmentBytes), at: start + Self.tcpSequence)
    let flags = start + Self.tcpFlags
    if index < count - 1, flags < frame.count { frame[flags] &= ~Self.lastSegmentFlags }
  }

  // MARK: Checksums

  /// Puts the checksums into a frame that the driver asked for.
  ///
  /// - Parameter pseudoHeader: what is added to the sum that the driver left in the place of the TCP or UDP checksum.
  static func insertChecksums(
    _ frame: UnsafeMutableRawBufferPointer, _ context: OffloadContext, ip: Bool, transport: Bool,
    pseudoHeader: UInt16 = 0
  ) {
    if ip { insert(context.ip, into: frame) }
    // Zero says that there is no UDP checksum (RFC 768); all ones is the same sum.
    if transport { insert(context.transport, into: frame, adding: pseudoHeader, avoidsZero: !context.isTCP) }
  }

  /// Puts a checksum into a frame; none where it is not inside (sections 3.3.3.1 and 3.6).
  static func insert(
    _ checksum: OffloadContext.Checksum, into frame: UnsafeMutableRawBufferPointer, adding more: UInt16 = 0,
    avoidsZero: Bool = false
  ) {
    let end = checksum.end == 0 ? frame.count : min(checksum.end + 1, frame.count)
    guard checksum.start < end, checksum.offset + 2 <= frame.count else { return }
    let bytes = UnsafeRawBufferPointer(rebasing: frame[checksum.start..<end])
    let sum = ~InternetChecksum.add(InternetChecksum.sum(bytes), more)
    frame.storeBigEndian(avoidsZero && sum == 0 ? .max : sum, at: checksum.offset)
  }
}

extension UnsafeMutableRawBufferPointer {
  /// Stores in network byte order; nothing where it does not fit.
  fileprivate func storeBigEndian(_ value: UInt16, at offset: Int) {
    guard offset + 2 <= count else { return }
    storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
  }

  /// Adds to a number in network byte order; nothing where it is not inside.
  fileprivate func addBigEndian<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at offset: Int) {
    guard offset + MemoryLayout<Value>.size <= count else { return }
    let sum = Value(bigEndian: loadUnaligned(fromByteOffset: offset, as: Value.self)) &+ value
    storeBytes(of: sum.bigEndian, toByteOffset: offset, as: Value.self)
  }
}
