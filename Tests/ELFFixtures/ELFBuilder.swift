/// Builds ELF64 files byte by byte, right or wrong, independently of libelf.
public struct ELFBuilder: Sendable {
  /// A program header and the bytes it speaks of.
  public struct Segment: Sendable {
    /// `p_type`; 1 is PT_LOAD.
    public var type: UInt32
    /// `p_flags`: 1 execute, 2 write, 4 read.
    public var flags: UInt32
    /// `p_offset`; nil: where the data are.
    public var offset: UInt64?
    /// `p_paddr`.
    public var address: UInt64
    /// `p_vaddr`; nil: the same.
    public var virtualAddress: UInt64?
    /// What the file holds of it.
    public var data: [UInt8]
    /// `p_filesz`; nil: the size of the data.
    public var fileBytes: UInt64?
    /// `p_memsz`; nil: the size of the data.
    public var memoryBytes: UInt64?

    /// A loadable segment of `data` at `address`, unless told otherwise.
    public init(
      type: UInt32 = 1, flags: UInt32 = 5, offset: UInt64? = nil, address: UInt64, data: [UInt8],
      fileBytes: UInt64? = nil, memoryBytes: UInt64? = nil
    ) {
      self.type = type
      self.flags = flags
      self.offset = offset
      self.address = address
      self.data = data
      self.fileBytes = fileBytes
      self.memoryBytes = memoryBytes
    }
  }

  /// `e_ident`, first four bytes.
  public var magic: [UInt8]
  /// `EI_CLASS`; 2 is 64-bit.
  public var elfClass: UInt8
  /// `e_type`; 2 is ET_EXEC.
  public var type: UInt16
  /// `e_machine`; 62 is x86-64.
  public var machine: UInt16
  /// `e_entry`.
  public var entry: UInt64
  /// The program headers.
  public var segments: [Segment]
  /// `e_phnum`; nil: the number of segments.
  public var programHeaderCount: UInt16?

  /// An executable of one `hlt` at 1 MiB, unless told otherwise.
  public init(
    magic: [UInt8] = [0x7f, 0x45, 0x4c, 0x46], elfClass: UInt8 = 2, type: UInt16 = 2, machine: UInt16 = 62,
    entry: UInt64 = 0x100000, segments: [Segment] = [Segment(address: 0x100000, data: [0xf4])],
    programHeaderCount: UInt16? = nil
  ) {
    self.magic = magic
    self.elfClass = elfClass
    self.type = type
    self.machine = machine
    self.entry = entry
    self.segments = segments
    self.programHeaderCount = programHeaderCount
  }

  private static let headerBytes = 64
  private static let programHeaderBytes = 56

  /// The file.
  public var bytes: [UInt8] {
    var file = magic + [elfClass, 1, 1, 0] + [UInt8](repeating: 0, count: 8)
    func put<T: FixedWidthInteger>(_ value: T) { withUnsafeBytes(of: value.littleEndian) { file += $0 } }
    put(type)
    put(machine)
    put(UInt32(1))
    put(entry)
    put(UInt64(Self.headerBytes))
    put(UInt64(0))
    put(UInt32(0))
    put(UInt16(Self.headerBytes))
    put(UInt16(Self.programHeaderBytes))
    put(programHeaderCount ?? UInt16(segments.count))
    put(UInt16(64))
    put(UInt16(0))
    put(UInt16(0))
    var offset = UInt64(Self.headerBytes + Self.programHeaderBytes * segments.count)
    for segment in segments {
      put(segment.type)
      put(segment.flags)
      put(segment.offset ?? offset)
      put(segment.virtualAddress ?? segment.address)
      put(segment.address)
      put(segment.fileBytes ?? UInt64(segment.data.count))
      put(segment.memoryBytes ?? UInt64(segment.data.count))
      put(UInt64(1))
      offset += UInt64(segment.data.count)
    }
    for segment in segments { file += segment.data }
    return file
  }
}
