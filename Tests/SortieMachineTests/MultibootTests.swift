import ELFFixtures
import Testing

@testable import SortieMachine

@Suite struct MultibootTests {
  private let fixture = BootFixture()
  private let info: UInt64 = 0x2000

  static func header(_ flags: UInt32, _ addresses: [UInt32] = []) -> [UInt8] {
    var header: [UInt8] = []
    for field in [0x1bad_b002, flags, 0 &- 0x1bad_b002 &- flags] + addresses { header.append(field: field) }
    return header
  }

  /// A flat kernel: 16 bytes, the header, 16 bytes of code at 0x10_0030.
  static func flat(
    header: UInt32 = 0x10_0010, load: UInt32 = 0x10_0000, loadEnd: UInt32 = 0, bssEnd: UInt32 = 0,
    entry: UInt32 = 0x10_0030
  ) -> [UInt8] {
    [UInt8](repeating: 1, count: 16) + Self.header(0x1_0003, [header, load, loadEnd, bssEnd, entry])
      + [UInt8](repeating: 0xf4, count: 16)
  }

  /// A kernel of 32 bits with a header in its one segment, linked at `virtual`.
  static func elf32(entry: UInt32, virtual: UInt32 = 0x10_0000) -> [UInt8] {
    let data = header(3) + [UInt8](repeating: 0xf4, count: 20)
    var file: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 1, 1, 1] + [UInt8](repeating: 0, count: 9)
    file.append(field: UInt16(2))
    file.append(field: UInt16(3))
    for field in [1, entry, 52, 0, 0] as [UInt32] { file.append(field: field) }
    for field in [52, 32, 1, 40, 0, 0] as [UInt16] { file.append(field: field) }
    let bytes = UInt32(data.count)
    for field in [1, 84, virtual, 0x10_0000, bytes, 0x1000, 5, 4] as [UInt32] { file.append(field: field) }
    return file + data
  }

  @Test func aFlatKernelIsLoadedByItsAddresses() throws {
    try fixture.load(Self.flat()) { (entry, memory) throws in
      #expect(entry == BootEntry(mode: .protected32, rip: 0x10_0030, rax: 0x2bad_b002, rbx: 0x2000))
      #expect(try memory.copy(at: 0x10_0000, 64) == Self.flat())
    }
    // Only what lies from the header's address to the load's end.
    try fixture.load(Self.flat(header: 0x20_0000, load: 0x20_0000, loadEnd: 0x20_0028, entry: 0x20_0020)) {
      (_, memory) throws in
      #expect(
        try memory.copy(at: 0x20_0000, 0x28)
          == Array(
            Self.flat(header: 0x20_0000, load: 0x20_0000, loadEnd: 0x20_0028, entry: 0x20_0020)[16..<56]))
      #expect(try memory.load(UInt8.self, at: 0x20_0028) == 0)
    }
  }

  @Test func theInitialRAMDiskIsNotPutIntoTheKernelsBSS() throws {
    let bytes = Self.flat(bssEnd: 0x400_0000)
    #expect(try fixture.problem(bytes) == nil)
    guard case .noRoom = try fixture.problem(bytes, initrd: [1])?.problem else {
      Issue.record("it was loaded over the kernel")
      return
    }
  }

  @Test(arguments: [
    (flat(header: 0x0f_ffff), "load_addr"), (flat(header: 0x10_0011), "load_addr"),
    (flat(loadEnd: 0x10_0000), "load_end_addr"), (flat(bssEnd: 0x10_003f), "bss_end_addr"),
    (header(4), "the Multiboot header's flags"), (header(3), "the Multiboot header's flags"),
  ])
  func fieldsThatCannotBeAreNamed(kernel: [UInt8], field: String) throws {
    guard case .field(field, _, _, _) = try fixture.problem(kernel)?.problem else {
      Issue.record("\(field) was not refused")
      return
    }
  }

  @Test func whatTheFileDoesNotHoldIsNotLoaded() throws {
    #expect(
      try fixture.problem(Self.flat(loadEnd: 0x10_0041))?.problem
        == .cutOff("what load_end_addr covers", needed: 65, file: 64))
    #expect(try fixture.problem(Self.flat(entry: 0x10_0040))?.problem == .entryOutsideKernel(0x10_0040))
  }

  @Test func aKernelIsToldOfMemoryCommandLineAndModules() throws {
    let initrd = [UInt8](repeating: 9, count: 100)
    try fixture.load(Self.flat(), commandLine: "a b", initrd: initrd) { (_, memory) throws in
      #expect(try memory.load(UInt32.self, at: info) == 0x4d)
      #expect(try memory.load(UInt32.self, at: info + 4) == 639)
      #expect(try memory.load(UInt32.self, at: info + 8) == 63 * 1024)
      #expect(try memory.text(at: UInt64(memory.load(UInt32.self, at: info + 16))) == "a b")
      #expect(try memory.load(UInt32.self, at: info + 20) == 1)
      let module = UInt64(try memory.load(UInt32.self, at: info + 24))
      #expect(try memory.load(UInt32.self, at: module) == 0x3ff_f000)
      #expect(try memory.load(UInt32.self, at: module + 4) == 0x3ff_f064)
      #expect(try memory.copy(at: 0x3ff_f000, 100) == initrd)
      #expect(try memory.load(UInt32.self, at: info + 44) == 5 * 24)
      let map = UInt64(try memory.load(UInt32.self, at: info + 48))
      #expect(try memory.load(UInt32.self, at: map + 3 * 24) == 20)
      #expect(try memory.load(UInt64.self, at: map + 3 * 24 + 4) == 0x10_0000)
      #expect(try memory.load(UInt64.self, at: map + 3 * 24 + 12) == 63 << 20)
      #expect(try memory.load(UInt32.self, at: map + 3 * 24 + 20) == 1)
    }
  }

  @Test(
    arguments: [(0x10_0010, 0x10_0000), (0xc000_0010, 0xc000_0000), (0x10_0010, 0xc000_0000)]
      as [(UInt32, UInt32)])
  func aThirtyTwoBitELFKernelIsEnteredAtItsPhysicalAddress(entry: UInt32, virtual: UInt32) throws {
    try fixture.load(Self.elf32(entry: entry, virtual: virtual)) { (entry, memory) throws in
      #expect(entry == BootEntry(mode: .protected32, rip: 0x10_0010, rax: 0x2bad_b002, rbx: 0x2000))
      #expect(try memory.load(UInt32.self, at: 0x10_0000) == 0x1bad_b002)
    }
  }

  @Test func aKernelWithBothIsBootedByPVH() throws {
    var builder = PVHBootTests.kernel()
    builder.segments[0].data = Self.header(3) + [UInt8](repeating: 0xf4, count: 52)
    try fixture.load(builder.bytes) { (entry, _) throws in #expect(entry.rbx == 0x2000 && entry.rax == 0) }
    builder.segments.removeLast()
    try fixture.load(builder.bytes) { (entry, _) throws in
      #expect(entry.rip == 0x100_0000 && entry.rax == 0x2bad_b002)
    }
  }

  @Test func aHeaderBehindTheFirstEightKiBIsNone() throws {
    let kernel = Self.flat()
    let padding = [UInt8](repeating: 0, count: 8192 - 48)
    #expect(try fixture.problem(padding + kernel) == nil)
    #expect(try fixture.problem(padding + [0, 0, 0, 0] + kernel)?.problem == .unknownFormat([0, 0, 0, 0]))
    #expect(try fixture.problem([0, 0] + kernel)?.problem == .unknownFormat([0, 0, 1, 1]), "not aligned")
    var wrong = kernel
    wrong[24] ^= 1
    #expect(try fixture.problem(wrong)?.problem == .unknownFormat([1, 1, 1, 1]), "checksum")
  }
}
