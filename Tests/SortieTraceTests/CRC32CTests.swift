import Testing

@testable import SortieTrace

@Suite struct CRC32CTests {
  /// RFC 3720, appendix B.4, and the check value of the CRC catalogue for "123456789".
  private static let published: [(bytes: [UInt8], checksum: UInt32)] = [
    ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
    ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
    (Array(0..<32), 0x46dd_794e),
    (Array((0..<32).reversed()), 0x113f_db5c),
    (Array("123456789".utf8), 0xe306_9283),
    ([], 0),
  ]

  @Test func checksumsMatchThePublishedOnes() {
    for (bytes, checksum) in Self.published {
      #expect(bytes.withUnsafeBytes { CRC32C.checksum($0) } == checksum)
    }
  }
}
