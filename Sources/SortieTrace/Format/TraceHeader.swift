/// The first frame of a file, and once more the last but one. FORMAT.md, section 3.
struct TraceHeader: Equatable, Sendable {
  /// "SORTIE", 0x1A (end of file to a DOS `type`), line feed (which a text-mode copy would change).
  static let magic: UInt64 = 0x0A1A_4549_5452_4F53
  /// Bytes of the frame as this version writes it.
  static let length = 88
  static let major: UInt16 = 1
  static let minor: UInt16 = 0

  var major = Self.major
  var minor = Self.minor
  var identity: TraceIdentity

  private enum Bits {
    static let hasBootID: UInt32 = 1 << 0
    static let hasFrequency: UInt32 = 1 << 1
    static let hasInvariance: UInt32 = 1 << 2
    static let isInvariant: UInt32 = 1 << 3
  }

  /// Appends the sealed frame.
  func append(to buffer: inout ByteBuffer) {
    let frame = UnsafeMutableRawBufferPointer(start: buffer.extend(by: Self.length), count: Self.length)
    var flags: UInt32 = 0
    if identity.bootID != nil { flags |= Bits.hasBootID }
    if identity.tscKHz != nil { flags |= Bits.hasFrequency }
    if let isInvariant = identity.tscIsInvariant {
      flags |= Bits.hasInvariance | (isInvariant ? Bits.isInvariant : 0)
    }
    frame.storeBytes(of: Self.magic.littleEndian, toByteOffset: 8, as: UInt64.self)
    frame.storeBytes(of: major.littleEndian, toByteOffset: 16, as: UInt16.self)
    frame.storeBytes(of: minor.littleEndian, toByteOffset: 18, as: UInt16.self)
    frame.storeBytes(of: flags.littleEndian, toByteOffset: 20, as: UInt32.self)
    frame.storeBytes(of: (identity.tscKHz ?? 0).littleEndian, toByteOffset: 24, as: UInt64.self)
    frame.storeBytes(of: (identity.bootID?.high ?? 0).bigEndian, toByteOffset: 32, as: UInt64.self)
    frame.storeBytes(of: (identity.bootID?.low ?? 0).bigEndian, toByteOffset: 40, as: UInt64.self)
    frame.storeBytes(of: identity.traceID.high.bigEndian, toByteOffset: 48, as: UInt64.self)
    frame.storeBytes(of: identity.traceID.low.bigEndian, toByteOffset: 56, as: UInt64.self)
    for offset in stride(from: 64, to: 84, by: 4) {
      frame.storeBytes(of: 0, toByteOffset: offset, as: UInt32.self)
    }
    SkippableFrame.seal(frame)
  }

  /// The header that `bytes` begin with. A later minor version may have a longer one, a later major version any that
  /// keeps magic numbers, versions and checksum where they are.
  init(_ bytes: UnsafeRawBufferPointer, at offset: UInt64, path: String) throws(TraceError) {
    let frame = try SkippableFrame.open(
      bytes, at: offset, minimum: 24, maximum: TraceLimits.blockFrame, what: "header")
    var cursor = ByteCursor(frame, origin: offset, what: "header")
    _ = try cursor.take(SkippableFrame.prefixLength)
    guard try cursor.read(UInt64.self) == Self.magic else {
      throw .notATrace(path: path, firstBytes: Array(bytes.prefix(16)))
    }
    major = try cursor.read(UInt16.self)
    minor = try cursor.read(UInt16.self)
    guard major <= Self.major else { throw .newerMajor(path: path, found: major, supported: Self.major) }
    guard major == Self.major, frame.count >= Self.length else {
      throw .corrupted(offset: offset, what: "header of \(frame.count) bytes with version \(major).\(minor)")
    }
    let flags = try cursor.read(UInt32.self)
    let frequency = try cursor.read(UInt64.self)
    let boot = TraceUUID(
      high: try cursor.read(UInt64.self).byteSwapped,
      low: try cursor.read(UInt64.self).byteSwapped)
    let trace = TraceUUID(
      high: try cursor.read(UInt64.self).byteSwapped,
      low: try cursor.read(UInt64.self).byteSwapped)
    identity = TraceIdentity(
      bootID: flags & Bits.hasBootID != 0 ? boot : nil, traceID: trace,
      tscKHz: flags & Bits.hasFrequency != 0 ? frequency : nil,
      tscIsInvariant: flags & Bits.hasInvariance != 0 ? flags & Bits.isInvariant != 0 : nil)
  }

  init(identity: TraceIdentity) { self.identity = identity }
}
