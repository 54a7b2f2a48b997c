import ELFFixtures
import Testing

@testable import SortieMachine

@Suite struct PVHBootTests {
  private let fixture = BootFixture()
  private let info: UInt64 = 0x2000

  /// A note as Linux writes it: name "Xen", type 18, the entry point in as many bytes as addresses have.
  static func note(_ entry: UInt64, type: UInt32 = 18, bytes: Int = 8, name: String = "Xen\0") -> [UInt8] {
    var note: [UInt8] = []
    note.append(field: UInt32(name.utf8.count))
    note.append(field: UInt32(bytes))
    note.append(field: type)
    note += Array(name.utf8) + [UInt8](repeating: 0, count: -name.utf8.count & 3)
    return note + withUnsafeBytes(of: entry.littleEndian) { Array($0.prefix(bytes)) }
  }

  /// A kernel linked at a virtual address, with a note of another kind before the one that counts.
  static func kernel(_ notes: [UInt8] = note(7, type: 6) + note(0x100_0010)) -> ELFBuilder {
    var builder = ELFBuilder()
    builder.entry = 0xffff_ffff_8100_0000
    var text = ELFBuilder.Segment(address: 0x100_0000, data: [UInt8](0..<64), memoryBytes: 0x3000)
    text.virtualAddress = 0xffff_ffff_8100_0000
    builder.segments = [text, .init(type: 4, flags: 4, address: 0x100_0000, data: notes)]
    return builder
  }

  @Test(arguments: [4, 8]) func theNoteNamesTheEntry(bytes: Int) throws {
    try fixture.load(Self.kernel(Self.note(0x100_0010, bytes: bytes)).bytes) { (entry, memory) throws in
      #expect(entry == BootEntry(mode: .protected32, rip: 0x100_0010, rbx: 0x2000))
      #expect(try memory.copy(at: 0x100_0000, 64) == [UInt8](0..<64))
    }
  }

  @Test func theStartInformationIsOfVersionOne() throws {
    let initrd = [UInt8](repeating: 3, count: 4097)
    try fixture.load(
      Self.kernel().bytes, mebibytes: 3328, highBytes: 1 << 30, commandLine: "quiet", initrd: initrd
    ) { (_, memory) throws in
      #expect(try memory.load(UInt32.self, at: info) == 0x336e_c578)
      #expect(try memory.load(UInt32.self, at: info + 4) == 1)
      #expect(try memory.load(UInt32.self, at: info + 8) == 0)
      #expect(try memory.load(UInt32.self, at: info + 12) == 1)
      let module = try memory.load(UInt64.self, at: info + 16)
      #expect(try memory.load(UInt64.self, at: module) == 0xd000_0000 - 8192)
      #expect(try memory.load(UInt64.self, at: module + 8) == 4097)
      #expect(try memory.copy(at: 0xd000_0000 - 8192, 4097) == initrd)
      #expect(try memory.text(at: memory.load(UInt64.self, at: info + 24)) == "quiet")
      #expect(try memory.load(UInt64.self, at: info + 32) == 0xe_0000)
      let map = try memory.load(UInt64.self, at: info + 40)
      #expect(try memory.load(UInt32.self, at: info + 48) == 6)
      #expect(try memory.load(UInt64.self, at: map + 3 * 24) == 0x10_0000)
      #expect(try memory.load(UInt64.self, at: map + 5 * 24) == 1 << 32)
      #expect(try memory.load(UInt64.self, at: map + 5 * 24 + 8) == 1 << 30)
      #expect(try memory.load(UInt32.self, at: map + 5 * 24 + 16) == 1)
    }
  }

  @Test func withoutInitialRAMDiskThereIsNoModule() throws {
    try fixture.load(Self.kernel().bytes) { (_, memory) throws in
      #expect(try memory.load(UInt32.self, at: info + 12) == 0)
      #expect(try memory.load(UInt64.self, at: info + 16) == 0)
    }
  }

  @Test func anELFFileWithoutNoteAndHeaderIsNoKernel() throws {
    for notes in [Self.note(1, type: 17), Self.note(1, name: "Xem\0"), Self.note(1, bytes: 2), []] {
      #expect(try fixture.problem(Self.kernel(notes).bytes)?.problem == .noEntry)
    }
  }

  @Test func anEntryOutsideTheKernelIsRefused() throws {
    let kernel = Self.kernel(Self.note(0x100_3000)).bytes
    #expect(try fixture.problem(kernel)?.problem == .entryOutsideKernel(0x100_3000))
  }

  @Test func segmentsMustLieInMemoryAndApart() throws {
    var builder = Self.kernel()
    builder.segments[0].memoryBytes = 0x400_0000
    let error = try #require(try fixture.problem(builder.bytes))
    #expect("\(error)".hasSuffix("give --memory 80 MiB or more"))
    builder.segments[0].memoryBytes = .max
    #expect(!"\(try #require(try fixture.problem(builder.bytes)))".contains("--memory"))
    builder = Self.kernel()
    builder.segments.append(.init(address: 0x100_2fff, data: [1]))
    #expect(try fixture.problem(builder.bytes)?.problem == .overlap(first: 0, second: 1, address: 0x100_2fff))
    builder = Self.kernel()
    builder.segments.append(.init(address: 0x2000, data: [1]))
    guard case .outsideMemory("segment 1", 0x2000, 1, _) = try fixture.problem(builder.bytes)?.problem else {
      Issue.record("a segment below 1 MiB was not refused")
      return
    }
  }

  @Test func damagedFilesAreRefused() throws {
    let whole = Self.kernel().bytes
    for length in 1..<whole.count {
      #expect(try fixture.problem(Array(whole[..<length])) != nil, "cut at \(length)")
    }
    var builder = Self.kernel()
    builder.segments[0].memoryBytes = 63
    guard case .damagedELF = try fixture.problem(builder.bytes)?.problem else {
      Issue.record("more data than memory was not refused")
      return
    }
    builder = Self.kernel()
    builder.programHeaderCount = 0xfffe
    guard case .cutOff("the program header table", _, _) = try fixture.problem(builder.bytes)?.problem else {
      Issue.record("a table behind the file's end was not refused")
      return
    }
    for (change, name) in [
      ({ $0.type = 3 }, "e_type"), ({ $0.machine = 183 }, "e_machine"),
    ] as [((inout ELFBuilder) -> Void, String)] {
      builder = Self.kernel()
      change(&builder)
      guard case .field(name, _, _, _) = try fixture.problem(builder.bytes)?.problem else {
        Issue.record("\(name) was not refused")
        continue
      }
    }
  }
}
