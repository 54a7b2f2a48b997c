import Testing

@testable import SortieMachine

/// Tables found as an operating system finds them: from the RSDP through the XSDT.
struct ParsedACPI {
  let image: [UInt8]
  /// What the XSDT lists.
  private(set) var listed: [[UInt8]] = []
  /// The XSDT, what it lists, and the DSDT.
  private(set) var all: [[UInt8]] = []
  let facsAddress: UInt64

  init(_ configuration: ACPITables.Configuration) throws {
    image = ACPITables.image(configuration)
    #expect(image.starts(with: Array("RSD PTR ".utf8)))
    let root = try Self.table(image, at: image.field(UInt64.self, at: 24))
    for offset in stride(from: 36, to: root.count, by: 8) {
      listed.append(try Self.table(image, at: root.field(UInt64.self, at: offset)))
    }
    let fadt = try #require(listed.first)
    #expect(UInt64(fadt.field(UInt32.self, at: 40)) == fadt.field(UInt64.self, at: 140))
    all = [root] + listed + [try Self.table(image, at: fadt.field(UInt64.self, at: 140))]
    facsAddress = UInt64(fadt.field(UInt32.self, at: 36))
  }

  private static func table(_ image: [UInt8], at address: UInt64) throws -> [UInt8] {
    try #require(address >= ACPITables.rootPointer)
    let start = Int(address - ACPITables.rootPointer)
    try #require(start + 36 <= image.count)
    let end = start + Int(image.field(UInt32.self, at: start + 4))
    try #require(end <= image.count)
    return Array(image[start..<end])
  }

  var signatures: [String] { listed.map { String(decoding: $0.prefix(4), as: UTF8.self) } }
  var facs: [UInt8] { Array(image[Int(facsAddress - ACPITables.rootPointer)...].prefix(64)) }

  func table(_ signature: String) throws -> [UInt8] {
    try #require(all.first { $0.starts(with: Array(signature.utf8)) })
  }

  /// Structures that begin with type and length.
  static func structures(_ table: [UInt8], from start: Int) -> [[UInt8]] {
    var found: [[UInt8]] = []
    var offset = start
    while offset + 2 <= table.count, table[offset + 1] >= 2, offset + Int(table[offset + 1]) <= table.count {
      found.append(Array(table[offset..<(offset + Int(table[offset + 1]))]))
      offset += Int(table[offset + 1])
    }
    #expect(offset == table.count)
    return found
  }
}
