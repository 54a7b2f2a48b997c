import SystemPackage
import Testing

@testable import SortieMachine

@Suite struct BZImageTests {
  private let fixture = BootFixture()
  private let page: UInt64 = 0x2000

  @Test func theKernelIsEnteredWhereItPrefersToBe() throws {
    let builder = BZImageBuilder()
    try fixture.load(builder.bytes) { (entry, memory) throws in
      #expect(entry == BootEntry(mode: .long64, rip: 0x100_0200, rsi: 0x2000))
      #expect(try memory.copy(at: 0x100_0000, 0x1000) == builder.code)
    }
  }

  @Test func theZeroPageHasTheHeaderAndWhatTheLoaderAdds() throws {
    let initrd = [UInt8](repeating: 0xa5, count: 5000)
    try fixture.load(BZImageBuilder().bytes, commandLine: "console=ttyS0", initrd: initrd) {
      (_, memory) throws in
      #expect(try memory.copy(at: page + 0x202, 4) == Array("HdrS".utf8))
      #expect(try memory.load(UInt32.self, at: page + 0x268) == 0x1234_5678, "the header's last field")
      #expect(try memory.load(UInt32.self, at: page + 0x26c) == 0)
      #expect(try memory.load(UInt8.self, at: page + 0x1ef) == 0, "the sentinel says that all else is valid")
      #expect(try memory.load(UInt8.self, at: page + 0x210) == 0xff)
      #expect(try memory.load(UInt64.self, at: page + 0x70) == 0xe_0000)
      let commandLine = UInt64(try memory.load(UInt32.self, at: page + 0x228))
      #expect(try memory.text(at: commandLine) == "console=ttyS0")
      let address = UInt64(try memory.load(UInt32.self, at: page + 0x218))
      #expect(address == (64 << 20) - 8192, "as high as it fits, on a page")
      #expect(try memory.load(UInt32.self, at: page + 0x21c) == 5000)
      #expect(try memory.copy(at: address, 5000) == initrd)
      for offset in [0xc0, 0xc4, 0xc8] as [UInt64] {
        #expect(try memory.load(UInt32.self, at: page + offset) == 0)
      }
    }
  }

  @Test func theMemoryMapHasAllRAMAndNoMore() throws {
    try fixture.load(BZImageBuilder().bytes, mebibytes: 3328, highBytes: 1 << 30) { (_, memory) throws in
      var map: [[UInt64]] = []
      for index in 0..<UInt64(try memory.load(UInt8.self, at: page + 0x1e8)) {
        let row = page + 0x2d0 + index * 20
        map.append([
          try memory.load(UInt64.self, at: row), try memory.load(UInt64.self, at: row + 8),
          UInt64(try memory.load(UInt32.self, at: row + 16)),
        ])
      }
      #expect(
        map == [
          [0, 0x9_fc00, 1], [0x9_fc00, 0x400, 2], [0xe_0000, 0x2_0000, 2], [0x10_0000, 0xcff0_0000, 1],
          [0xe000_0000, 0x10_0000, 2], [0x1_0000_0000, 0x4000_0000, 1],
        ])
    }
  }

  @Test func noSetupSectorsAreFour() throws {
    var builder = BZImageBuilder()
    builder.setupSectors = 0
    try fixture.load(builder.bytes) { (_, memory) throws in
      #expect(try memory.copy(at: 0x100_0000, 0x1000) == builder.code)
    }
  }

  @Test func aRelocatableKernelWithoutPreferenceIsAligned() throws {
    var builder = BZImageBuilder()
    builder.preferredAddress = 0
    try fixture.load(builder.bytes) { (entry, _) throws in #expect(entry.rip == 0x20_0200) }
    builder.relocatable = 0
    builder.preferredAddress = 0x12_3450
    builder.alignment = 0
    try fixture.load(builder.bytes) { (entry, _) throws in #expect(entry.rip == 0x12_3650) }
  }

  @Test func theInitialRAMDiskStaysBelowTheKernelsLimitAndOffTheKernel() throws {
    var builder = BZImageBuilder()
    builder.initrdAddressMax = 0x1ff_ffff
    let initrd = [UInt8](repeating: 1, count: 0x80_0000)
    // The kernel takes 16 to 24 MiB.
    try fixture.load(builder.bytes, initrd: initrd) { (_, memory) throws in
      #expect(try memory.load(UInt32.self, at: page + 0x218) == 0x180_0000)
    }
    try fixture.load(builder.bytes, initrd: initrd + [1]) { (_, memory) throws in
      #expect(try memory.load(UInt32.self, at: page + 0x218) == 0x7f_f000)
    }
  }

  @Test func whatIsTooLargeNamesTheMemoryItTakes() throws {
    let builder = BZImageBuilder()
    let kernel = try #require(try fixture.problem(builder.bytes, mebibytes: 23))
    #expect(
      "\(kernel)".hasSuffix(
        "the kernel wants 0x800000 bytes at 0x1000000, kernels lie from 0x100000 to 0x1700000; "
          + "give --memory 24 MiB or more"))
    let initrd = [UInt8](repeating: 1, count: 0x100_0001)
    let ramdisk = try #require(try fixture.problem(builder.bytes, mebibytes: 32, initrd: initrd))
    #expect("\(ramdisk)".hasPrefix("--initrd /proc/self/fd/"))
    #expect(
      "\(ramdisk)".hasSuffix(
        "has 0x1000001 bytes, below 0x2000000 there are 0xf00000 free beside the kernel; "
          + "give --memory 41 MiB or more"))
    #expect(try fixture.problem(builder.bytes, mebibytes: 24) == nil)
    #expect(try fixture.problem(builder.bytes, mebibytes: 41, initrd: initrd) == nil)
  }

  @Test func aHugeInitialRAMDiskIsRefusedUnread() throws {
    let memory = try GuestMemory(lowBytes: 64 << 20)
    let kernel = try KernelImage(path: try fixture.file(BZImageBuilder().bytes))
    let initrd = try InitialRAMDisk(path: try fixture.file([1], size: 1 << 40))
    #expect {
      try kernel.load(to: memory, initrd: initrd)
    } throws: { error in
      guard case MachineError.boot(let error) = error, case .noRoom = error.problem else { return false }
      return error.option == .initrd && !"\(error)".contains("--memory")
    }
  }

  @Test func moreMemoryIsNotAdvisedWhereTheKernelsLimitIsInTheWay() throws {
    var builder = BZImageBuilder()
    builder.initrdAddressMax = 0xf_ffff
    let error = try #require(try fixture.problem(builder.bytes, initrd: [1]))
    #expect(
      error.problem
        == .noRoom("the initial RAM disk", bytes: 1, limit: 0x10_0000, free: 0, kernelEnd: nil))
    #expect(!"\(error)".contains("--memory"))
  }

  @Test func theCommandLineIsAsLongAsTheKernelTakes() throws {
    let bytes = BZImageBuilder().bytes
    #expect(try fixture.problem(bytes, commandLine: String(repeating: "a", count: 100)) == nil)
    let error = try #require(try fixture.problem(bytes, commandLine: String(repeating: "a", count: 101)))
    #expect("\(error)" == "--append: has 101 bytes, the kernel takes at most 100")
  }

  @Test func aKernelWithoutSixtyFourBitEntryIsRefused() throws {
    var builder = BZImageBuilder()
    builder.xloadflags = 2
    #expect(try fixture.problem(builder.bytes)?.problem == .thirtyTwoBit(version: 0x20f))
    builder = BZImageBuilder(version: 0x20a)
    #expect(try fixture.problem(builder.bytes)?.problem == .thirtyTwoBit(version: 0x20a))
  }

  @Test func absurdFieldsAreNamed() throws {
    func name(_ change: (inout BZImageBuilder) -> Void) throws -> String? {
      var builder = BZImageBuilder()
      change(&builder)
      guard case .field(let name, _, _, _) = try fixture.problem(builder.bytes)?.problem else { return nil }
      return name
    }
    #expect(try name { $0.alignment = 3 } == "kernel_alignment")
    #expect(try name { $0.code = [] } == "syssize")
    #expect(try name { ($0.relocatable, $0.preferredAddress) = (0, 0) } == "pref_address")
    var short = BZImageBuilder().bytes
    short[0x201] = 0x10
    guard case .field(_, 0x10, 0x201, _) = try fixture.problem(short)?.problem else {
      Issue.record("the short header was not refused")
      return
    }
  }

  @Test(arguments: [UInt64.max, 1 << 63, 0x3ff_f000, 0x1_0000_0000])
  func anAbsurdAddressIsRefused(address: UInt64) throws {
    var builder = BZImageBuilder()
    builder.preferredAddress = address
    guard case .outsideMemory = try fixture.problem(builder.bytes)?.problem else {
      Issue.record("it was not refused")
      return
    }
  }

  @Test func aFileCutAnywhereIsRefused() throws {
    let whole = BZImageBuilder().bytes
    for length in stride(from: 1, to: whole.count, by: 61) {
      #expect(try fixture.problem(Array(whole[..<length])) != nil, "cut at \(length)")
    }
    let cut = try #require(try fixture.problem(Array(whole.dropLast())))
    #expect(cut.problem == .cutOff("the kernel", needed: 0x1600, file: 0x15ff))
  }

  @Test func whatIsNoKernelIsNamedByItsFirstBytes() throws {
    #expect(
      try fixture.problem(Array("#!/bin/sh\n".utf8))?.problem == .unknownFormat([0x23, 0x21, 0x2f, 0x62]))
    #expect(try fixture.problem([])?.problem == .empty)
    #expect(throws: BootError.self) { try KernelImage(path: "/") }
    #expect {
      try KernelImage(path: "/nonexistent/vmlinuz")
    } throws: {
      "\($0)" == "--kernel /nonexistent/vmlinuz: cannot be read: No such file or directory"
    }
    #expect {
      try InitialRAMDisk(path: "/dev")
    } throws: { "\($0)" == "--initrd /dev: is no regular file" }
  }
}
