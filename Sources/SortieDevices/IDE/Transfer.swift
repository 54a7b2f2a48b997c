/// How far the sectors of a command are: some are on the disk, some in the channel's buffer.
struct Transfer: BitwiseCopyable, Sendable {
  enum Kind: BitwiseCopyable, Sendable {
    /// To the host, through the data port and by DMA.
    case pioIn, dmaIn
    /// From the host.
    case pioOut, dmaOut
    /// From the disk to nowhere.
    case verify

    var isWrite: Bool { self == .pioOut || self == .dmaOut }
  }

  /// Sectors of the buffer: a reset waits for so many at most. A multiple of every DRQ block.
  static let bufferSectors = 256
  static let bufferBytes = bufferSectors * Int(sectorSize)

  let kind: Kind
  let isExtended: Bool
  /// Sectors of a DRQ block.
  let blockSectors: Int
  /// The first sector that the disk has still to read or write, and how many there are.
  private(set) var next: UInt64
  private(set) var left: Int
  /// What of the buffer the host has still to take or to fill, and where its DRQ block ends, in bytes.
  private(set) var position = 0
  private(set) var end = 0
  private(set) var blockEnd = 0

  init(_ kind: Kind, isExtended: Bool, blockSectors: Int = 1, next: UInt64, count: Int) {
    self.kind = kind
    self.isExtended = isExtended
    self.blockSectors = blockSectors
    self.next = next
    left = count
  }

  /// Sectors of the next job of the disk.
  var jobSectors: Int { min(left, Self.bufferSectors) }

  /// Bytes of the DRQ block that the host has still to move.
  var blockRange: Range<Int> { position..<blockEnd }
  /// Bytes of the buffer that the host has still to move.
  var range: Range<Int> { position..<end }

  /// The buffer holds `sectors` from the disk, or has room for as many from the host.
  mutating func open(sectors: Int) {
    position = 0
    end = sectors * Int(sectorSize)
  }

  /// The disk has read or written `sectors`.
  mutating func advance(sectors: Int) {
    next += UInt64(sectors)
    left -= sectors
  }

  /// The next DRQ block, the last of which may be shorter.
  mutating func openBlock() { blockEnd = min(position + blockSectors * Int(sectorSize), end) }

  /// The host has moved `count` bytes.
  mutating func move(_ count: Int) { position += count }
}
