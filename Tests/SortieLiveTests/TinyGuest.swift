import ELFFixtures

/// Guests of a few bytes, as a user might bring them: they know nothing of the boot-info page.
enum TinyGuest {
  private static func guest(_ code: [UInt8]) -> [UInt8] {
    ELFBuilder(segments: [.init(address: 0x100000, data: code)]).bytes
  }

  /// Ten writes to the latch port, then 0 to the debug exit port.
  static let tenWrites = guest(
    [0xba, 0xe0, 0, 0, 0]  // mov $0xe0, %edx
      + [UInt8](repeating: 0xef, count: 10)  // out %eax, %dx
      + [
        0xba, 0xf4, 0, 0, 0,  // mov $0xf4, %edx
        0x31, 0xc0,  // xor %eax, %eax
        0xef,  // out %eax, %dx
        0xf4,  // hlt
      ])

  /// 256 turns of writes of 1, 2 and 4 bytes and of a string to the ports that inject interrupts, which nobody has
  /// asked for and nobody takes, and to the ports next to them; then 0 to the debug exit port.
  static let injections = guest(
    [
      0xbb, 0, 1, 0, 0,  // mov $256, %ebx
      0xba, 0xf0, 0, 0, 0,  // 1: mov $0xf0, %edx
      0xee, 0x66, 0xef, 0xef,  // out %al, %dx; out %ax, %dx; out %eax, %dx
      0xbe, 0, 0, 0x10, 0,  // mov $0x100000, %esi
      0xb9, 4, 0, 0, 0,  // mov $4, %ecx
      0xf3, 0x6f,  // rep outsl
      0xb2, 0xf2, 0x66, 0xef,  // mov $0xf2, %dl; out %ax, %dx
      0xb2, 0xf8, 0xee, 0x66, 0xef, 0xef,  // mov $0xf8, %dl; out of each size
      0xb9, 4, 0, 0, 0,  // mov $4, %ecx
      0xf3, 0x6f,  // rep outsl
      0xb2, 0xfb, 0xef,  // mov $0xfb, %dl; out %eax, %dx
      0xff, 0xcb,  // dec %ebx
      0x75, 0xd3,  // jnz 1b
      0xba, 0xf4, 0, 0, 0,  // mov $0xf4, %edx
      0x31, 0xc0,  // xor %eax, %eax
      0xef,  // out %eax, %dx
    ])

  /// An undefined instruction where nothing handles exceptions.
  static let crash = guest([0x90, 0x0f, 0x0b])  // nop; ud2

  /// `jmp .`
  static let busyLoop = guest([0xeb, 0xfe])
}
