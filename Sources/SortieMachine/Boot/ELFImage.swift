internal import CElf
import Glibc
public import SystemPackage

/// A guest program: a static x86-64 ELF executable, read through libelf and checked before a byte of it is loaded.
///
/// Source: System V ABI, ELF-64 object file format; AMD64 supplement.
public struct ELFImage: Sendable {
  /// Where it was read from.
  public let path: FilePath
  /// Entry point, guest virtual address, mapped one to one.
  public let entry: UInt64
  /// What to load, sorted by address, without overlaps.
  public let segments: [Segment]
  /// Functions of its symbol table, sorted by address.
  public let symbols: [Symbol]
  /// Content of its GNU build id note, if it has one.
  public let buildID: [UInt8]?

  /// A PT_LOAD segment.
  public struct Segment: Sendable {
    /// Guest physical address (`p_paddr`).
    public let address: UInt64
    /// Bytes of memory; those past the data are zero.
    public let memoryBytes: UInt64
    /// What the file holds of it.
    public let data: [UInt8]
    /// May be executed.
    public let isExecutable: Bool
  }

  /// A function symbol.
  public struct Symbol: Sendable {
    /// First address.
    public let address: UInt64
    /// Bytes; 0 where the linker did not say.
    public let length: UInt64
    /// As linked (mangled).
    public let name: String
  }

  /// Largest file that is read, bytes: no guest of this machine has more memory.
  static let largestFile: UInt64 = 3328 << 20
  /// Most program headers looked at: linkers write a dozen.
  static let mostSegments = 1024
  /// Most sections looked at: compilers that give each function its own write thousands.
  static let mostSections = 1 << 16
  /// Most symbols looked at: hostile files may claim billions.
  static let mostSymbols = 1 << 18
  /// Most bytes of symbol names kept.
  static let mostNameBytes = 16 << 20
  /// Longest symbol name kept, bytes.
  static let longestName = 512

  /// Reads and checks the program at `path`; segments must lie in `allowed` (guest physical addresses).
  ///
  /// - Throws: ``ImageError``.
  public init(path: FilePath, allowed: Range<UInt64>) throws(ImageError) {
    let bytes = try Self.read(path)
    try self.init(bytes: bytes, path: path, allowed: allowed)
  }

  /// Checks the program in `bytes`; `path` is for messages.
  ///
  /// - Throws: ``ImageError``.
  public init(bytes: [UInt8], path: FilePath, allowed: Range<UInt64>) throws(ImageError) {
    self.path = path
    func fail(_ problem: ImageError.Problem) -> ImageError { ImageError(path: path, problem: problem) }
    guard bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else { throw fail(.notELF(Array(bytes.prefix(4)))) }
    // e_ident[EI_CLASS] is ELFCLASS64 (2).
    guard bytes.count > 5 else { throw fail(.damaged("the header is cut off", offset: UInt64(bytes.count))) }
    guard bytes[4] == 2 else { throw fail(.notSixtyFourBit) }
    // e_ident[EI_DATA] is ELFDATA2LSB (1).
    guard bytes[5] == 1 else { throw fail(.notLittleEndian) }

    let parsed = bytes.withUnsafeBytes { buffer in Self.parse(buffer, allowed: allowed) }
    switch parsed {
    case .failure(let rejection): throw fail(rejection.problem)
    case .success(let contents):
      (entry, segments, symbols, buildID) =
        (contents.entry, contents.segments, contents.symbols, contents.buildID)
    }
  }

  // MARK: Reading

  private struct Contents {
    var entry: UInt64 = 0
    var segments: [Segment] = []
    var symbols: [Symbol] = []
    var buildID: [UInt8]?
  }

  private struct Rejection: Error {
    let problem: ImageError.Problem
  }

  private static func read(_ path: FilePath) throws(ImageError) -> [UInt8] {
    do {
      // A FIFO without a writer must not keep the program waiting.
      let file = try FileDescriptor.open(path, .readOnly, options: [.nonBlocking, .closeOnExec])
      defer { try? file.close() }
      var status = stat()
      guard fstat(file.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
      guard status.st_mode & S_IFMT == S_IFREG else { throw ImageError(path: path, problem: .notAFile) }
      let size = Int64(status.st_size)
      guard size <= Int64(largestFile) else { throw ImageError(path: path, problem: .tooLarge(UInt64(size))) }
      return try [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
        while count < buffer.count {
          let read = try file.read(
            into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...]))
          if read == 0 { break }
          count += read
        }
      }
    } catch let error as ImageError {
      throw error
    } catch let error as Errno {
      throw ImageError(path: path, problem: .unreadable(error))
    } catch {
      throw ImageError(path: path, problem: .unreadable(.ioError))
    }
  }

  private static func parse(
    _ buffer: UnsafeRawBufferPointer, allowed: Range<UInt64>
  ) -> Result<Contents, Rejection> {
    do throws(Rejection) {
      elf_version(UInt32(EV_CURRENT))
      // libelf reads from the buffer and, opened this way, never writes to it.
      let image = UnsafeMutableRawPointer(mutating: buffer.baseAddress)?.assumingMemoryBound(to: CChar.self)
      guard let elf = elf_memory(image, buffer.count) else { throw damaged() }
      defer { elf_end(elf) }

      var header = GElf_Ehdr()
      guard gelf_getehdr(elf, &header) != nil else { throw damaged() }
      guard header.e_machine == ImageError.x86_64 else {
        throw Rejection(problem: .wrongMachine(header.e_machine))
      }
      guard header.e_type == ET_EXEC else { throw Rejection(problem: .notExecutable(type: header.e_type)) }

      var contents = Contents()
      contents.entry = header.e_entry
      contents.segments = try loadable(elf, buffer, allowed: allowed)
      guard contents.segments.contains(where: { $0.isExecutable && $0.contains(header.e_entry) }) else {
        throw Rejection(problem: .entryOutsideSegments(header.e_entry))
      }
      readSections(elf, into: &contents)
      return .success(contents)
    } catch {
      return .failure(error)
    }
  }

  private static func damaged(offset: UInt64 = 0) -> Rejection {
    let message = elf_errmsg(-1).map { String(cString: $0) } ?? "unreadable"
    return Rejection(problem: .damaged(message, offset: offset))
  }

  private static func loadable(
    _ elf: OpaquePointer, _ buffer: UnsafeRawBufferPointer, allowed: Range<UInt64>
  ) throws(Rejection) -> [Segment] {
    var count = 0
    guard elf_getphdrnum(elf, &count) == 0 else { throw damaged(offset: 56) }
    guard count <= mostSegments else { throw Rejection(problem: .tooManySegments(count)) }
    let fileBytes = UInt64(buffer.count)
    var found: [(index: Int, segment: Segment)] = []
    for index in 0..<count {
      var program = GElf_Phdr()
      guard gelf_getphdr(elf, Int32(index), &program) != nil else { throw damaged(offset: 32) }
      if program.p_type == PT_INTERP { throw Rejection(problem: .dynamic) }
      guard program.p_type == PT_LOAD, program.p_memsz > 0 else { continue }
      guard program.p_vaddr == program.p_paddr else {
        throw Rejection(
          problem: .segmentNotMappedOneToOne(
            index: index, virtual: program.p_vaddr, physical: program.p_paddr))
      }
      guard program.p_filesz <= fileBytes, program.p_offset <= fileBytes - program.p_filesz else {
        throw Rejection(
          problem: .segmentOutsideFile(
            index: index, offset: program.p_offset, bytes: program.p_filesz, file: fileBytes))
      }
      guard program.p_filesz <= program.p_memsz else {
        throw Rejection(
          problem: .segmentShorterThanItsData(index: index, file: program.p_filesz, memory: program.p_memsz))
      }
      let room = allowed.upperBound - allowed.lowerBound
      guard program.p_memsz <= room, program.p_paddr >= allowed.lowerBound,
        program.p_paddr <= allowed.upperBound - program.p_memsz
      else {
        throw Rejection(
          problem: .segmentOutsideMemory(
            index: index, address: program.p_paddr, bytes: program.p_memsz, allowed: allowed))
      }
      let data = Array(buffer[Int(program.p_offset)..<Int(program.p_offset + program.p_filesz)])
      // A hostile file may name the same bytes in thousands of segments; overlap is refused before copies add up.
      for other in found where other.segment.overlaps(program.p_paddr, program.p_memsz) {
        throw Rejection(
          problem: .segmentsOverlap(
            first: other.index, second: index, address: max(other.segment.address, program.p_paddr)))
      }
      found.append(
        (
          index,
          Segment(
            address: program.p_paddr, memoryBytes: program.p_memsz, data: data,
            isExecutable: program.p_flags & UInt32(PF_X) != 0)
        ))
    }
    guard !found.isEmpty else { throw Rejection(problem: .nothingToLoad) }
    return found.map(\.segment).sorted { $0.address < $1.address }
  }

  /// Symbols and the build id are a help for reading reports: a guest whose tables are damaged still runs without. A file
  /// has one symbol table (System V ABI, SHT_SYMTAB); of a hostile one's many, the first is read.
  private static func readSections(_ elf: OpaquePointer, into contents: inout Contents) {
    var section: OpaquePointer? = elf_nextscn(elf, nil)
    var looked = 0
    var hasSymbols = false
    while let current = section, looked < mostSections {
      looked += 1
      var header = GElf_Shdr()
      if gelf_getshdr(current, &header) != nil {
        if header.sh_type == SHT_SYMTAB, !hasSymbols {
          contents.symbols = functions(elf, current, header)
          hasSymbols = true
        }
        if header.sh_type == SHT_NOTE, contents.buildID == nil { contents.buildID = gnuBuildID(current) }
      }
      section = elf_nextscn(elf, current)
    }
  }

  private static func functions(_ elf: OpaquePointer, _ section: OpaquePointer, _ header: GElf_Shdr)
    -> [Symbol]
  {
    guard let data = elf_getdata(section, nil), header.sh_entsize > 0 else { return [] }
    let count = min(Int(clamping: UInt64(data.pointee.d_size) / header.sh_entsize), mostSymbols)
    var symbols: [Symbol] = []
    var nameBytes = 0
    for index in 0..<count where nameBytes < mostNameBytes {
      var symbol = GElf_Sym()
      guard gelf_getsym(data, Int32(index), &symbol) != nil else { break }
      // ELF64_ST_TYPE: the low four bits of st_info.
      guard Int32(symbol.st_info & 0xf) == STT_FUNC, symbol.st_shndx != SHN_UNDEF else { continue }
      guard let name = elf_strptr(elf, Int(header.sh_link), Int(symbol.st_name)) else { continue }
      let length = strnlen(name, longestName)
      nameBytes += length
      let text = UnsafeRawBufferPointer(start: name, count: length)
      symbols.append(
        Symbol(
          address: symbol.st_value, length: symbol.st_size, name: String(decoding: text, as: UTF8.self)))
    }
    return symbols.sorted { $0.address < $1.address }
  }

  private static func gnuBuildID(_ section: OpaquePointer) -> [UInt8]? {
    guard let data = elf_getdata(section, nil) else { return nil }
    var offset = 0
    while true {
      var note = GElf_Nhdr()
      var nameOffset = 0
      var contentOffset = 0
      offset = gelf_getnote(data, offset, &note, &nameOffset, &contentOffset)
      guard offset > 0 else { return nil }
      guard note.n_type == NT_GNU_BUILD_ID, note.n_descsz <= 64, let bytes = data.pointee.d_buf else {
        continue
      }
      return Array(UnsafeRawBufferPointer(start: bytes + contentOffset, count: Int(note.n_descsz)))
    }
  }
}

extension ELFImage.Segment {
  fileprivate func contains(_ at: UInt64) -> Bool { at >= address && at - address < memoryBytes }

  fileprivate func overlaps(_ start: UInt64, _ bytes: UInt64) -> Bool {
    start < address + memoryBytes && address < start + bytes
  }
}
