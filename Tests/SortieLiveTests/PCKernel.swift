import ELFFixtures

/// Kernels of a few instructions of 32-bit protected mode, entered without paging and with interrupts off.
enum PCKernel {
  private static func fields(_ values: [UInt32]) -> [UInt8] {
    values.flatMap { value in withUnsafeBytes(of: value.littleEndian, Array.init) }
  }

  /// A Multiboot header (Multiboot Specification 0.6.96, section 3.1).
  private static func header(_ flags: UInt32, _ addresses: [UInt32] = []) -> [UInt8] {
    fields([0x1bad_b002, flags, 0 &- 0x1bad_b002 &- flags] + addresses)
  }

  /// An ELF file with the header in front of `code`.
  static func multiboot(_ code: [UInt8]) -> [UInt8] {
    let header = header(3)
    let segment = ELFBuilder.Segment(flags: 7, address: 0x10_0000, data: header + code)
    return ELFBuilder(entry: 0x10_0000 + UInt64(header.count), segments: [segment]).bytes
  }

  /// No ELF file: the header says where it lies and where it is entered.
  static func flat(_ code: [UInt8]) -> [UInt8] {
    header(0x1_0003, [0x10_0000, 0x10_0000, 0, 0, 0x10_0020]) + code
  }

  /// An ELF file with the note XEN_ELFNOTE_PHYS32_ENTRY (Xen, include/public/elfnote.h).
  static func pvh(_ code: [UInt8]) -> [UInt8] {
    let note = fields([4, 4, 18]) + Array("Xen\0".utf8) + fields([0x10_0000])
    return ELFBuilder(
      entry: 0xffff_ffff_8010_0000,
      segments: [
        .init(flags: 7, address: 0x10_0000, data: code),
        .init(type: 4, flags: 4, address: 0x10_0000, data: note),
      ]
    ).bytes
  }

  /// Ends with 0x10 in the debug exit port.
  static let exit: [UInt8] = [
    0xb8, 0x10, 0, 0, 0,  // mov $0x10, %eax
    0xe6, 0xf4,  // out %al, $0xf4
    0xf4,  // hlt
  ]

  /// Says `ok` over the serial line; ends as ``exit``.
  static let says: [UInt8] =
    [
      0x66, 0xba, 0xf8, 0x03,  // mov $0x3f8, %dx
      0xb0, 0x6f, 0xee,  // mov $'o', %al; out %al, %dx
      0xb0, 0x6b, 0xee,  // mov $'k', %al; out %al, %dx
    ] + exit

  /// Sends back what comes over the serial line, and `P` for each press of the power button; ends as ``exit`` after `q`.
  static let echo: [UInt8] =
    [
      0x66, 0xb8, 0x00, 0x01,  // mov $0x100, %ax     PWRBTN_EN
      0x66, 0xba, 0x02, 0x06,  // mov $0x602, %dx     PM1a enable
      0x66, 0xef,  // out %ax, %dx
      0x66, 0xba, 0x00, 0x06,  // 1: mov $0x600, %dx  PM1a status
      0x66, 0xed,  // in %dx, %ax
      0xf6, 0xc4, 0x01,  // test $1, %ah              PWRBTN_STS
      0x74, 0x09,  // jz 2f
      0x66, 0xef,  // out %ax, %dx
      0xb0, 0x50,  // mov $'P', %al
      0x66, 0xba, 0xf8, 0x03,  // mov $0x3f8, %dx
      0xee,  // out %al, %dx
      0x66, 0xba, 0xfd, 0x03,  // 2: mov $0x3fd, %dx
      0xec,  // in %dx, %al
      0xa8, 0x01,  // test $1, %al                    a byte has come
      0x74, 0xe3,  // jz 1b
      0x66, 0xba, 0xf8, 0x03,  // mov $0x3f8, %dx
      0xec,  // in %dx, %al
      0xee,  // out %al, %dx
      0x3c, 0x71,  // cmp $'q', %al
      0x75, 0xd9,  // jne 1b
    ] + exit

  /// A bzImage (Linux, boot.rst) of 16 KiB of zeros that takes a command line of 2,047 bytes.
  static let bzImage: [UInt8] = {
    var file = [UInt8](repeating: 0, count: 1024 + 16384)
    func put(_ bytes: [UInt8], at offset: Int) {
      file.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }
    put([1], at: 0x1f1)  // setup_sects
    put(fields([1024]), at: 0x1f4)  // syssize, of 16 bytes
    put([0x55, 0xaa, 0xeb, 0x6a] + Array("HdrS".utf8) + [0x0f, 0x02], at: 0x1fe)
    put(fields([0x7fff_ffff, 0x20_0000, 0x1_0001, 2047]), at: 0x22c)  // initrd_addr_max … cmdline_size
    put(fields([0x20_0000, 0, 0x10_0000]), at: 0x258)  // pref_address, init_size
    return file
  }()
}
