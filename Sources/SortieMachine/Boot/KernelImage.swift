public import SystemPackage

/// An operating system's kernel and the protocol by which it wants to be booted, found in its file.
public struct KernelImage: Sendable {
  /// Where it was found.
  public let path: FilePath
  /// How it is booted.
  public var bootProtocol: BootProtocol {
    switch kind {
    case .linux: .linux64
    case .pvh: .pvh
    case .multiboot: .multiboot
    }
  }
  private let file: BootFile
  private let kind: Kind

  /// Boot protocols, in words for people.
  public enum BootProtocol: String, Sendable {
    /// A bzImage, entered in 64-bit mode (Linux, boot.rst).
    case linux64 = "Linux 64-bit"
    /// An ELF file with Xen's note of a 32-bit entry point.
    case pvh = "PVH"
    /// A file with a Multiboot header, version 1.
    case multiboot = "Multiboot"
  }

  fileprivate enum Kind {
    case linux(BZImage)
    case pvh([KernelPiece], entry: UInt64)
    case multiboot([KernelPiece], entry: UInt64)
  }

  /// Opens the kernel at `path` and checks its headers.
  ///
  /// - Throws: ``BootError``.
  public init(path: FilePath) throws(BootError) {
    self.path = path
    do throws(BootProblem) {
      file = try BootFile(path: path)
      kind = try Self.kind(of: file)
    } catch {
      throw BootError(option: .kernel, path: path, problem: error)
    }
  }

  /// PVH before Multiboot: it tells a kernel of ACPI and of memory above 4 GiB.
  private static func kind(of file: BootFile) throws(BootProblem) -> Kind {
    let head = try file.head(MultibootHeader.searched)
    if BZImage.isOne(head) { return .linux(try BZImage(head: head, fileBytes: file.byteCount)) }
    let elf = head.starts(with: [0x7f, 0x45, 0x4c, 0x46]) ? try ELFKernel(file) : nil
    if let elf, let entry = elf.pvhEntry { return .pvh(elf.pieces, entry: try check(entry, in: elf.pieces)) }
    guard let header = try MultibootHeader(head) else {
      throw elf == nil ? .unknownFormat(Array(head.prefix(4))) : .noEntry
    }
    if let addresses = header.addresses {
      let piece = try addresses.piece(headerAt: header.offset, fileBytes: file.byteCount)
      return .multiboot([piece], entry: try check(addresses.entry, in: [piece]))
    }
    guard let elf else {
      throw .field(
        "the Multiboot header's flags", value: UInt64(header.flags), offset: header.offset + 4,
        allowed: "bit 16 and the address fields in a file that is no ELF file")
    }
    return .multiboot(elf.pieces, entry: try check(elf.entry, in: elf.pieces))
  }

  private static func check(_ entry: UInt64, in pieces: [KernelPiece]) throws(BootProblem) -> UInt64 {
    let inside = pieces.contains { entry >= $0.address && entry - $0.address < $0.memoryBytes }
    guard inside else { throw .entryOutsideKernel(entry) }
    return entry
  }

  /// Loads the kernel, `initrd` and `commandLine` into `memory`, which holds zeros, and the tables with which the boot
  /// processor starts.
  ///
  /// - Throws: ``MachineError/boot(_:)`` naming what does not fit or cannot be read.
  func load(
    to memory: borrowing GuestMemory, commandLine: String = "", initrd: InitialRAMDisk? = nil
  ) throws(MachineError) -> BootEntry {
    let map = MemoryMap(memory.ram)
    let placement = try BootError.blaming(.kernel, path) { () throws(BootProblem) in
      try kind.placement(in: map.kernelMemory)
    }
    for piece in placement.pieces {
      let target = try memory.bytes(at: piece.address, count: piece.bytes)
      try BootError.blaming(.kernel, path) { () throws(BootProblem) in
        try file.read("the kernel", at: piece.offset, into: target)
      }
    }
    try write(commandLine, most: placement.commandLineBytes, to: memory)
    let ramdisk = try initrd?.load(to: memory, below: placement.initrdEnd, map: map, beside: placement.pieces)
    let start = KernelStart(memory: map, initrd: ramdisk)
    let entry =
      switch kind {
      case .linux(let image): try image.writeStart(start, at: placement.pieces[0].address, to: memory)
      case .pvh(_, let entry): try PVHStartInfo.write(start, entry: entry, to: memory)
      case .multiboot(_, let entry): try MultibootInformation.write(start, entry: entry, to: memory)
      }
    try entry.writeTables(to: memory)
    return entry
  }

  private func write(
    _ commandLine: String, most: UInt64, to memory: borrowing GuestMemory
  ) throws(MachineError) {
    let text = Array(commandLine.utf8)
    let most = min(most, UInt64(BootArea.commandLine.count) - 1)
    try BootError.blaming(.append, nil) { () throws(BootProblem) in
      guard text.count <= most else { throw .tooLong(bytes: text.count, most: most) }
    }
    try memory.bytes(at: BootArea.commandLine.lowerBound, count: UInt64(text.count)).copyBytes(from: text)
  }
}

/// Where a kernel lies and what it asks of its loader.
private struct Placement {
  var pieces: [KernelPiece]
  /// The initial RAM disk ends here or below.
  var initrdEnd = UInt64.max
  /// Most bytes of the command line, without its NUL.
  var commandLineBytes = UInt64.max
}

extension KernelImage.Kind {
  fileprivate func placement(in allowed: Range<UInt64>) throws(BootProblem) -> Placement {
    switch self {
    case .linux(let image):
      return Placement(
        pieces: [try image.place(in: allowed)], initrdEnd: image.initrdAddressMax + 1,
        commandLineBytes: image.commandLineBytes)
    case .pvh(let pieces, _), .multiboot(let pieces, _):
      try KernelPiece.check(pieces, in: allowed)
      return Placement(pieces: pieces)
    }
  }
}
