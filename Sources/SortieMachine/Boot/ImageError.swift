public import SystemPackage

/// Why a file is not a guest this machine can run; each prints as one sentence with the path, the value and the offset.
public struct ImageError: Error, CustomStringConvertible {
  /// The file.
  public let path: FilePath
  /// What is wrong with it.
  public let problem: Problem

  /// What can be wrong with a guest image.
  public enum Problem: Sendable, Equatable {
    /// The file could not be read.
    case unreadable(Errno)
    /// A directory, device or FIFO.
    case notAFile
    /// Larger than any guest's memory: bytes.
    case tooLarge(UInt64)
    /// Not an ELF file; its first bytes.
    case notELF([UInt8])
    /// Cut off or damaged: what libelf or the check says, and the offset in bytes.
    case damaged(String, offset: UInt64)
    /// Not ELFCLASS64.
    case notSixtyFourBit
    /// Not ELFDATA2LSB.
    case notLittleEndian
    /// `e_machine` is not EM_X86_64.
    case wrongMachine(UInt16)
    /// `e_type` is not ET_EXEC.
    case notExecutable(type: UInt16)
    /// It asks for a dynamic linker.
    case dynamic
    /// No PT_LOAD segment.
    case nothingToLoad
    /// More program headers than any linker writes.
    case tooManySegments(Int)
    /// A segment's data lie outside the file.
    case segmentOutsideFile(index: Int, offset: UInt64, bytes: UInt64, file: UInt64)
    /// `p_vaddr` is not `p_paddr`.
    case segmentNotMappedOneToOne(index: Int, virtual: UInt64, physical: UInt64)
    /// `p_filesz` above `p_memsz`.
    case segmentShorterThanItsData(index: Int, file: UInt64, memory: UInt64)
    /// A segment outside the memory a guest may use.
    case segmentOutsideMemory(index: Int, address: UInt64, bytes: UInt64, allowed: Range<UInt64>)
    /// Two segments overlap.
    case segmentsOverlap(first: Int, second: Int, address: UInt64)
    /// The entry point lies in no loaded segment.
    case entryOutsideSegments(UInt64)
  }

  /// One sentence for people.
  public var description: String { "\(path): \(explanation)" }

  private var explanation: String {
    switch problem {
    case .unreadable(let errno): "cannot be read: \(errno)"
    case .notAFile: "is no regular file; a guest is a static x86-64 ELF executable"
    case .tooLarge(let bytes): "has \(bytes) bytes, more than any guest's memory holds; is it a guest?"
    case .notELF(let start) where start.isEmpty: "is empty"
    case .notELF(let start):
      "is not an ELF file (it starts with \(start.map { hex($0) }.joined(separator: " ")))"
    case .damaged(let what, let offset): "is a damaged ELF file: \(what) (offset \(offset))"
    case .notSixtyFourBit: "is a 32-bit ELF file; build the guest for x86_64 (ELFCLASS64)"
    case .notLittleEndian: "is a big-endian ELF file; build the guest for x86_64 (ELFDATA2LSB)"
    case .wrongMachine(let machine):
      "is an ELF file for machine \(machine), not x86_64 (\(Self.x86_64)); build the guest for x86_64-unknown-none-elf"
    case .notExecutable(let type):
      "is an ELF file of type \(type), not a statically linked executable (ET_EXEC, 2); link with -static and without -pie"
    case .dynamic: "asks for a dynamic linker; link the guest with -static"
    case .nothingToLoad: "has no segment to load (PT_LOAD)"
    case .tooManySegments(let count):
      "claims \(count) segments, at most \(ELFImage.mostSegments) are looked at"
    case .segmentOutsideFile(let index, let offset, let bytes, let file):
      "is cut off: segment \(index) has \(bytes) bytes at offset \(offset), the file ends at \(file)"
    case .segmentNotMappedOneToOne(let index, let virtual, let physical):
      "segment \(index) is linked at \(hex(virtual)) but is to be loaded at \(hex(physical)); guests are entered with "
        + "memory mapped one to one: link both the same"
    case .segmentShorterThanItsData(let index, let file, let memory):
      "segment \(index) holds \(file) bytes of data for \(memory) bytes of memory"
    case .segmentOutsideMemory(let index, let address, let bytes, let allowed):
      "segment \(index) wants \(bytes) bytes at \(hex(address)), guests are loaded from \(hex(allowed.lowerBound)) to "
        + "\(hex(allowed.upperBound)); link it elsewhere or give more --memory"
    case .segmentsOverlap(let first, let second, let address):
      "segments \(first) and \(second) overlap at \(hex(address))"
    case .entryOutsideSegments(let entry): "entry point \(hex(entry)) lies in no executable segment"
    }
  }

  /// EM_X86_64, elf.h.
  static let x86_64: UInt16 = 62

  private func hex(_ value: some BinaryInteger) -> String { "0x" + String(value, radix: 16) }
}
