import Testing

@testable import SortieMachine

/// Bytes by hand from the grammar (ACPI 6.5, section 20.2).
@Suite struct AMLTests {
  @Test(
    arguments: [
      (0, [0]), (1, [1]), (2, [0x0a, 2]), (0xff, [0x0a, 0xff]), (0x100, [0x0b, 0, 1]),
      (0x1_0000, [0x0c, 0, 0, 1, 0]), (0x1_0000_0000, [0x0e, 0, 0, 0, 0, 1, 0, 0, 0]),
    ] as [(UInt64, [UInt8])])
  func integersAreAsShortAsTheyCanBe(value: UInt64, bytes: [UInt8]) {
    #expect(AML.integer(value) == bytes)
  }

  @Test(
    arguments: [
      ("_CRS", Array("_CRS".utf8)), ("\\_SB", Array("\\_SB_".utf8)),
      ("\\_SB.PCI0", [0x5c, 0x2e] + Array("_SB_PCI0".utf8)),
      ("A.B.C", [0x2f, 3] + Array("A___B___C___".utf8)),
    ] as [(String, [UInt8])])
  func pathsAreSegmentsOfFour(path: String, bytes: [UInt8]) { #expect(AML.name(path) == bytes) }

  @Test func aPlugAndPlayIdentifierIsCompressed() {
    #expect(AML.eisaID("PNP0A03") == [0x0c, 0x41, 0xd0, 0x0a, 0x03])
    #expect(AML.eisaID("PNP0501") == [0x0c, 0x41, 0xd0, 0x05, 0x01])
  }

  /// A length counts its own bytes: it grows a byte where the content with it no longer fits.
  @Test(
    arguments: [
      (0, [0x05]), (58, [0x3f]), (59, [0x41, 0x04]), (4089, [0x4f, 0xff]), (4090, [0x81, 0x00, 0x01]),
    ] as [(Int, [UInt8])])
  func lengthsTakeAsManyBytesAsTheyNeed(bytes: Int, length: [UInt8]) {
    let content = [UInt8](repeating: 0x42, count: bytes)
    #expect(AML.scope("ABCD", content) == [0x10] + length + Array("ABCD".utf8) + content)
  }

  @Test func aBufferSaysItsLength() {
    #expect(AML.buffer([7, 8]) == [0x11, 5, 0x0a, 2, 7, 8])
    #expect(AML.named("X", AML.package([[0], [1]])) == [0x08, 0x58, 0x5f, 0x5f, 0x5f, 0x12, 4, 2, 0, 1])
  }

  @Test func resourcesAreDescribed() {
    var resources = ResourceTemplate()
    resources.ports(0x3f8, count: 8)
    resources.interrupt(4)
    resources.memory(0xe000_0000..<0xe010_0000)
    let ports: [UInt8] = [0x47, 1, 0xf8, 3, 0xf8, 3, 1, 8]
    let memory: [UInt8] = [0x86, 9, 0, 1, 0, 0, 0, 0xe0, 0, 0, 0x10, 0]
    let all = ports + [0x22, 0x10, 0] + memory + [0x79, 0]
    #expect(resources.aml == AML.buffer(all))
  }

  @Test func aWindowIsAsWideAsItsFields() {
    var resources = ResourceTemplate()
    resources.window(.ports, 0xc000..<0x1_0000, as: UInt16.self)
    let ports: [UInt8] = [0x88, 13, 0, 1, 0x0c, 3, 0, 0, 0, 0xc0, 0xff, 0xff, 0, 0, 0, 0x40]
    #expect(resources.aml == AML.buffer(ports + [0x79, 0]))
    var wide = ResourceTemplate()
    wide.window(.memory, 1 << 32..<3 << 32, as: UInt64.self)
    #expect(wide.aml.count == 46 + 2 + 4)
  }
}
