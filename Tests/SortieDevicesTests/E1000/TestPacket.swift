/// Packets as a driver hands them over, and checks of what came of them, by the RFCs.
enum TestPacket {
  /// A frame of `count` bytes from a card to another.
  static func frame(
    _ count: Int, to destination: [UInt8] = E1000Fixture.mac, type: UInt16 = 0x88b5, seed: Int = 0
  ) -> [UInt8] {
    destination + [2, 0, 0, 0, 0, 1] + bigEndian(type)
      + (0..<count - 14).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ seed &* 31 &+ 1) }
  }

  /// TCP or UDP over IPv4 or IPv6, all checksums right. FIN and PSH are set.
  static func ip(version: Int, isTCP: Bool, payload: [UInt8]) -> [UInt8] {
    let transportBytes = (isTCP ? 20 : 8) + payload.count
    var ip: [UInt8]
    if version == 4 {
      ip = [0x45, 0] + bigEndian(UInt16(20 + transportBytes)) + [0x12, 0x34, 0x40, 0]
      ip += [64, isTCP ? 6 : 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]
      ip.replaceSubrange(10..<12, with: bigEndian(~sum(ip)))
    } else {
      ip = [0x60, 0, 0, 0] + bigEndian(UInt16(transportBytes)) + [isTCP ? 6 : 17, 64]
      for host: UInt8 in [1, 2] { ip += [0xfd] + [UInt8](repeating: 0, count: 14) + [host] }
    }
    var transport: [UInt8] = [0x30, 0x39, 0, 80]
    if isTCP {
      transport += [0xff, 0xff, 0xff, 0, 0, 0, 0, 9, 0x50, 0x19, 0x20, 0, 0, 0, 0, 0]
    } else {
      transport += bigEndian(UInt16(transportBytes)) + [0, 0]
    }
    transport += payload
    let place = checksumPlace(isTCP: isTCP)
    transport.replaceSubrange(place..<place + 2, with: bigEndian(~transportSum(ip, transport)))
    let header = E1000Fixture.mac + [2, 0, 0, 0, 0, 1] + bigEndian(version == 4 ? 0x0800 : 0x86dd)
    return header + ip + transport
  }

  static func headerBytes(version: Int, isTCP: Bool) -> Int { 14 + ipBytes(version) + (isTCP ? 20 : 8) }
  static func ipBytes(_ version: Int) -> Int { version == 4 ? 20 : 40 }
  static func checksumPlace(isTCP: Bool) -> Int { isTCP ? 16 : 6 }

  /// Whether the checksums of a packet that ``ip(version:isTCP:payload:)`` made, or that came of one, are right.
  static func isRight(_ packet: [UInt8], version: Int) -> Bool {
    let ip = Array(packet[14..<14 + ipBytes(version)])
    let transport = Array(packet[(14 + ipBytes(version))...])
    guard version == 6 || sum(ip) == 0xffff else { return false }
    let length = word(ip, version == 4 ? 2 : 4)
    return Int(length) == transport.count + (version == 4 ? 20 : 0) && transportSum(ip, transport) == 0xffff
  }

  /// The sum over the pseudo-header without the length, as a driver leaves it for the card to go on with.
  static func partialSum(_ packet: [UInt8], version: Int, isTCP: Bool, length: Int) -> [UInt8] {
    let addresses = version == 4 ? packet[26..<34] : packet[22..<54]
    return bigEndian(sum(Array(addresses) + [0, isTCP ? 6 : 17] + bigEndian(UInt16(length))))
  }

  private static func transportSum(_ ip: [UInt8], _ transport: [UInt8]) -> UInt16 {
    let addresses = ip.count == 20 ? ip[12..<20] : ip[8..<40]
    let transportProtocol = ip.count == 20 ? ip[9] : ip[6]
    return sum(Array(addresses) + [0, transportProtocol] + bigEndian(UInt16(transport.count)) + transport)
  }

  /// RFC 1071, word by word.
  static func sum(_ bytes: [UInt8]) -> UInt16 {
    var sum = 0
    for index in stride(from: 0, to: bytes.count, by: 2) {
      sum += Int(bytes[index]) << 8 + (index + 1 < bytes.count ? Int(bytes[index + 1]) : 0)
      if sum > 0xffff { sum -= 0xffff }
    }
    return UInt16(sum)
  }

  /// IEEE 802.3, 3.2.9, bit by bit, as it stands behind a frame.
  static func checkSequence(_ bytes: [UInt8]) -> [UInt8] {
    var remainder = UInt32.max
    for byte in bytes {
      for bit in 0..<8 {
        let out = (remainder ^ UInt32(byte >> UInt8(bit))) & 1
        remainder = remainder >> 1 ^ (out != 0 ? 0xedb8_8320 : 0)
      }
    }
    return (~remainder).littleEndianBytes
  }

  static func bigEndian(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)] }
  static func word(_ bytes: [UInt8], _ offset: Int) -> UInt16 {
    UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
  }
}
