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

  /// An undefined instruction where nothing handles exceptions.
  static let crash = guest([0x90, 0x0f, 0x0b])  // nop; ud2

  /// `jmp .`
  static let busyLoop = guest([0xeb, 0xfe])
}
