/// A table with the header that most ACPI tables share (ACPI 6.5, section 5.2.6).
struct ACPITable {
  /// The table; its checksum is right once ``bytes`` is read.
  private var content: [UInt8]

  /// A table that is nothing but its header.
  init(_ signature: String, revision: UInt8) {
    content = Array(signature.utf8) + [0, 0, 0, 0, revision, 0]
    content += Array("SORTIE".utf8) + Array("SORTIEPC".utf8)
    content.append(field: UInt32(1))  // OEM revision
    content += Array("SRTI".utf8)
    content.append(field: UInt32(1))  // creator revision
  }

  /// Appends a field.
  mutating func append<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) { content.append(field: value) }

  /// Appends bytes.
  mutating func append(_ bytes: [UInt8]) { content += bytes }

  /// Appends a generic address structure of a register in port space (section 5.2.3.2); 0: there is none.
  mutating func append(port: UInt16, bytes: UInt8) {
    // Space 1 is ports; access sizes count from 1, byte, as powers of two.
    append([1, bytes * 8, 0, port == 0 ? 0 : UInt8(bytes.trailingZeroBitCount) + 1])
    append(UInt64(port))
  }

  /// The table with length and checksum.
  var bytes: [UInt8] {
    var bytes = content
    withUnsafeBytes(of: UInt32(bytes.count).littleEndian) { bytes.replaceSubrange(4..<8, with: $0) }
    bytes[9] = Self.checksum(bytes)
    return bytes
  }

  /// What makes the sum of `bytes` 0 when it takes the place of a 0 among them.
  static func checksum(_ bytes: some Sequence<UInt8>) -> UInt8 { 0 &- bytes.reduce(0, &+) }
}
