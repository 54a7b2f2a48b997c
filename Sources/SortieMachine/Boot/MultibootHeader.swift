/// The header by which a kernel asks for the Multiboot protocol.
///
/// Source: Multiboot Specification 0.6.96, section 3.1.
struct MultibootHeader: Equatable {
  /// Where it is in the file.
  let offset: UInt64
  /// What the kernel asks for.
  let flags: UInt32
  /// Where the file is loaded, if the header says so itself.
  let addresses: Addresses?

  /// Bytes of the file in which the header lies.
  static let searched = 8192
  private static let magic: UInt32 = 0x1bad_b002
  /// Bit 16: the header has address fields.
  private static let hasAddresses: UInt32 = 1 << 16
  /// Bits 0 to 15 must be refused where they are not understood. Bits 0 and 1 ask for page-aligned modules and for the
  /// size of memory, which every kernel gets.
  private static let understood: UInt32 = 0xffff_0003

  /// The address fields.
  struct Addresses: Equatable {
    let header: UInt64
    let load: UInt64
    /// 0: the whole file.
    let loadEnd: UInt64
    /// 0: nothing past what is loaded.
    let bssEnd: UInt64
    let entry: UInt64
  }

  /// The first header in `head`, the beginning of a file; nil if it has none.
  ///
  /// - Throws: ``BootProblem/field(_:value:offset:allowed:)`` for flags that this machine does not understand.
  init?(_ head: [UInt8]) throws(BootProblem) {
    let end = min(head.count, Self.searched)
    let found = stride(from: 0, through: end - 12, by: 4).first { offset in
      let flags = head.field(UInt32.self, at: offset + 4)
      return head.field(UInt32.self, at: offset) == Self.magic
        && Self.magic &+ flags &+ head.field(UInt32.self, at: offset + 8) == 0
        && (flags & Self.hasAddresses == 0 || offset + 32 <= end)
    }
    guard let found else { return nil }
    flags = head.field(UInt32.self, at: found + 4)
    guard flags & ~Self.understood == 0 else {
      throw .field(
        "the Multiboot header's flags", value: UInt64(flags), offset: UInt64(found) + 4,
        allowed: "of the bits 0 to 15 only 0 and 1 are understood (bit 2 asks for a display)")
    }
    offset = UInt64(found)
    func address(_ index: Int) -> UInt64 { UInt64(head.field(UInt32.self, at: found + 12 + index * 4)) }
    addresses =
      flags & Self.hasAddresses == 0
      ? nil
      : Addresses(
        header: address(0), load: address(1), loadEnd: address(2), bssEnd: address(3), entry: address(4))
  }
}

extension MultibootHeader.Addresses {
  /// What to load of a file of `fileBytes` with the header at `offset`.
  ///
  /// - Throws: ``BootProblem``.
  func piece(headerAt offset: UInt64, fileBytes: UInt64) throws(BootProblem) -> KernelPiece {
    guard load <= header, header - load <= offset else {
      throw .field(
        "load_addr", value: load, offset: offset + 16,
        allowed: "the file begins \(offset) bytes before header_addr, 0x\(String(header, radix: 16))")
    }
    let start = offset - (header - load)
    guard loadEnd == 0 || loadEnd > load else {
      throw .field("load_end_addr", value: loadEnd, offset: offset + 20, allowed: "0 or above load_addr")
    }
    let bytes = loadEnd == 0 ? fileBytes - start : loadEnd - load
    guard bytes <= fileBytes - start else {
      throw .cutOff("what load_end_addr covers", needed: start + bytes, file: fileBytes)
    }
    guard bssEnd == 0 || bssEnd >= load + bytes else {
      throw .field("bss_end_addr", value: bssEnd, offset: offset + 24, allowed: "0 or behind what is loaded")
    }
    return KernelPiece(
      offset: start, bytes: bytes, address: load, memoryBytes: bssEnd == 0 ? bytes : bssEnd - load)
  }
}
