internal import CElf

/// The program headers of a kernel in ELF, of 32 or 64 bits, and the entry points that they name.
///
/// Sources: System V ABI, ELF object file format; Xen, docs/misc/pvh.pandoc and include/public/elfnote.h.
struct ELFKernel: Equatable {
  /// What to load, by physical address.
  let pieces: [KernelPiece]
  /// The header's entry point, as a physical address.
  let entry: UInt64
  /// What the note XEN_ELFNOTE_PHYS32_ENTRY names.
  let pvhEntry: UInt64?

  /// Most bytes of a note segment that are read: Linux has some hundred.
  private static let mostNoteBytes: UInt64 = 1 << 16
  /// Most note segments that are read.
  private static let mostNotes = 16

  /// Reads the headers of `file`.
  ///
  /// - Throws: ``BootProblem``.
  init(_ file: BootFile) throws(BootProblem) {
    elf_version(UInt32(EV_CURRENT))
    guard let elf = elf_begin(file.rawDescriptor, ELF_C_READ, nil) else { throw Self.damaged() }
    defer { elf_end(elf) }
    var header = GElf_Ehdr()
    guard gelf_getehdr(elf, &header) != nil else { throw Self.damaged() }
    // EI_DATA is the sixth byte of e_ident.
    guard header.e_ident.5 == ELFDATA2LSB else {
      throw .field("EI_DATA", value: UInt64(header.e_ident.5), offset: 5, allowed: "1, little-endian")
    }
    guard header.e_type == ET_EXEC else {
      throw .field("e_type", value: UInt64(header.e_type), offset: 16, allowed: "2, an executable")
    }
    guard [UInt16(EM_386), ImageError.x86_64].contains(header.e_machine) else {
      throw .field(
        "e_machine", value: UInt64(header.e_machine), offset: 18, allowed: "3 (i386) or 62 (x86-64)")
    }
    // Of a table that is cut off, libelf gives what there is.
    let table = header.e_phoff.addingReportingOverflow(UInt64(header.e_phnum) * UInt64(header.e_phentsize))
    guard !table.overflow, table.partialValue <= file.byteCount else {
      throw .cutOff(
        "the program header table", needed: table.overflow ? .max : table.partialValue, file: file.byteCount)
    }
    var count = 0
    guard elf_getphdrnum(elf, &count) == 0 else { throw Self.damaged() }
    guard count <= ELFImage.mostSegments else {
      throw .field(
        "e_phnum", value: UInt64(count), offset: header.e_ident.4 == ELFCLASS64 ? 56 : 44,
        allowed: "at most \(ELFImage.mostSegments)")
    }

    var pieces: [KernelPiece] = []
    var pvhEntry: UInt64?
    var entry: UInt64?
    var notes = 0
    for index in 0..<count {
      var program = GElf_Phdr()
      guard gelf_getphdr(elf, Int32(index), &program) != nil else { throw Self.damaged() }
      if program.p_type == PT_NOTE, notes < Self.mostNotes, pvhEntry == nil {
        notes += 1
        pvhEntry = Self.pvhEntry(elf, program, fileBytes: file.byteCount)
      }
      guard program.p_type == PT_LOAD, program.p_memsz > 0 else { continue }
      pieces.append(try Self.piece(program, index: pieces.count, fileBytes: file.byteCount))
      // Kernels are linked at virtual addresses, and entered before there are any.
      let inside = header.e_entry.subtractingReportingOverflow(program.p_vaddr)
      if !inside.overflow, inside.partialValue < program.p_memsz, entry == nil {
        entry = program.p_paddr &+ inside.partialValue
      }
    }
    self.pieces = pieces
    self.entry = entry ?? header.e_entry
    self.pvhEntry = pvhEntry
  }

  private static func damaged() -> BootProblem {
    .damagedELF(elf_errmsg(-1).map { String(cString: $0) } ?? "unreadable")
  }

  private static func piece(
    _ program: GElf_Phdr, index: Int, fileBytes: UInt64
  ) throws(BootProblem) -> KernelPiece {
    let (end, overflow) = program.p_offset.addingReportingOverflow(program.p_filesz)
    guard !overflow, end <= fileBytes else {
      throw .cutOff("segment \(index)", needed: overflow ? .max : end, file: fileBytes)
    }
    guard program.p_filesz <= program.p_memsz else {
      throw .damagedELF("segment \(index) holds \(program.p_filesz) bytes for \(program.p_memsz) of memory")
    }
    return KernelPiece(
      offset: program.p_offset, bytes: program.p_filesz, address: program.p_paddr,
      memoryBytes: program.p_memsz)
  }

  private static func pvhEntry(_ elf: OpaquePointer, _ program: GElf_Phdr, fileBytes: UInt64) -> UInt64? {
    guard program.p_filesz <= mostNoteBytes, program.p_offset <= fileBytes,
      let data = elf_getdata_rawchunk(
        elf, Int64(program.p_offset), Int(program.p_filesz),
        program.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR),
      let bytes = data.pointee.d_buf
    else { return nil }
    var offset = 0
    while true {
      var note = GElf_Nhdr()
      var name = 0
      var content = 0
      offset = gelf_getnote(data, offset, &note, &name, &content)
      guard offset > 0 else { return nil }
      // XEN_ELFNOTE_PHYS32_ENTRY.
      guard note.n_type == 18, note.n_namesz == 4,
        UnsafeRawBufferPointer(start: bytes + name, count: 4).elementsEqual("Xen\0".utf8)
      else { continue }
      // As wide as the linker's addresses are.
      switch note.n_descsz {
      case 4: return UInt64(bytes.loadUnaligned(fromByteOffset: content, as: UInt32.self))
      case 8: return bytes.loadUnaligned(fromByteOffset: content, as: UInt64.self)
      default: continue
      }
    }
  }
}
