import ELFFixtures
import SystemPackage
import Testing

@testable import SortieMachine

@Suite struct ELFImageTests {
  private static let allowed: Range<UInt64> = 0x100000..<0x800000

  private func load(_ builder: ELFBuilder) throws(ImageError) -> ELFImage {
    try ELFImage(bytes: builder.bytes, path: "guest", allowed: Self.allowed)
  }

  private func problem(_ builder: ELFBuilder) -> ImageError.Problem? {
    problem(builder.bytes)
  }

  private func problem(_ bytes: [UInt8]) -> ImageError.Problem? {
    do {
      _ = try ELFImage(bytes: bytes, path: "guest", allowed: Self.allowed)
      return nil
    } catch {
      return error.problem
    }
  }

  @Test func aStaticExecutableIsLoadedWhereItSays() throws {
    var builder = ELFBuilder()
    builder.segments = [
      .init(flags: 4, address: 0x200000, data: [1, 2, 3], memoryBytes: 4096),
      .init(flags: 5, address: 0x100000, data: [0x90, 0xf4]),
    ]
    builder.entry = 0x100001
    let image = try load(builder)
    #expect(image.entry == 0x100001)
    #expect(image.segments.map(\.address) == [0x100000, 0x200000])
    #expect(image.segments[0].data == [0x90, 0xf4])
    #expect(image.segments[0].isExecutable)
    #expect(image.segments[1].memoryBytes == 4096)
    #expect(!image.segments[1].isExecutable)
  }

  @Test func whatIsNoELFFileIsNamedByItsFirstBytes() {
    #expect(problem([0x23, 0x21, 0x2f, 0x62, 0x69]) == .notELF([0x23, 0x21, 0x2f, 0x62]))
    #expect(problem([UInt8]()) == .notELF([]))
  }

  @Test func a32BitFileIsRefused() {
    #expect(problem(ELFBuilder(elfClass: 1)) == .notSixtyFourBit)
  }

  @Test func aBigEndianFileIsRefused() {
    var bytes = ELFBuilder().bytes
    bytes[5] = 2
    #expect(problem(bytes) == .notLittleEndian)
  }

  @Test func aSegmentLinkedElsewhereThanItIsLoadedIsRefused() {
    var bytes = ELFBuilder().bytes
    // p_vaddr of the first program header, whose lowest byte is 0: 0x100000 becomes 0x100080.
    bytes[64 + 16] = 0x80
    #expect(
      problem(bytes) == .segmentNotMappedOneToOne(index: 0, virtual: 0x100080, physical: 0x100000))
  }

  @Test func aDirectoryIsNoGuest() {
    #expect {
      _ = try ELFImage(path: "/", allowed: Self.allowed)
    } throws: { error in
      (error as? ImageError)?.problem == .notAFile
    }
  }

  @Test func anotherMachineIsRefused() {
    #expect(problem(ELFBuilder(machine: 183)) == .wrongMachine(183))
  }

  @Test func aSharedObjectIsRefused() {
    #expect(problem(ELFBuilder(type: 3)) == .notExecutable(type: 3))
  }

  @Test func aDynamicallyLinkedProgramIsRefused() {
    var builder = ELFBuilder()
    builder.segments.append(.init(type: 3, address: 0x100100, data: Array("/lib/ld.so\0".utf8)))
    #expect(problem(builder) == .dynamic)
  }

  @Test func aSegmentPastTheEndOfTheFileIsRefused() {
    var builder = ELFBuilder()
    builder.segments[0].fileBytes = 5000
    builder.segments[0].memoryBytes = 5000
    #expect(
      problem(builder)
        == .segmentOutsideFile(index: 0, offset: 120, bytes: 5000, file: UInt64(builder.bytes.count)))
  }

  @Test func aSegmentWhoseEndOverflowsIsRefused() {
    var builder = ELFBuilder()
    builder.segments[0].offset = .max - 1
    #expect(
      problem(builder)
        == .segmentOutsideFile(index: 0, offset: .max - 1, bytes: 1, file: UInt64(builder.bytes.count)))
  }

  @Test(arguments: [0, 0xff000, 0x800000, UInt64.max - 4095] as [UInt64])
  func aSegmentOutsideGuestMemoryIsRefused(address: UInt64) {
    var builder = ELFBuilder()
    builder.segments[0].address = address
    #expect(
      problem(builder) == .segmentOutsideMemory(index: 0, address: address, bytes: 1, allowed: Self.allowed))
  }

  @Test func aSegmentOfAbsurdSizeIsRefused() {
    var builder = ELFBuilder()
    builder.segments[0].memoryBytes = .max
    #expect(
      problem(builder)
        == .segmentOutsideMemory(index: 0, address: 0x100000, bytes: .max, allowed: Self.allowed))
  }

  @Test func moreDataThanMemoryIsRefused() {
    var builder = ELFBuilder()
    builder.segments[0].data = [0xf4, 0xf4]
    builder.segments[0].memoryBytes = 1
    #expect(problem(builder) == .segmentShorterThanItsData(index: 0, file: 2, memory: 1))
  }

  @Test func overlappingSegmentsAreRefused() {
    var builder = ELFBuilder()
    builder.segments = [
      .init(address: 0x100000, data: [0xf4], memoryBytes: 0x2000), .init(address: 0x101000, data: [0xf4]),
    ]
    #expect(problem(builder) == .segmentsOverlap(first: 0, second: 1, address: 0x101000))
  }

  @Test func anEntryPointOutsideExecutableSegmentsIsRefused() {
    #expect(problem(ELFBuilder(entry: 0x100001)) == .entryOutsideSegments(0x100001))
    var builder = ELFBuilder()
    builder.segments[0].flags = 4
    #expect(problem(builder) == .entryOutsideSegments(0x100000))
  }

  @Test func aFileWithNothingToLoadIsRefused() {
    #expect(problem(ELFBuilder(segments: [.init(type: 4, address: 0, data: [0])])) == .nothingToLoad)
  }

  @Test func aHugeProgramHeaderCountIsRefused() {
    #expect(problem(ELFBuilder(programHeaderCount: 0xfffe)) != nil)
  }

  @Test func aFileCutAnywhereIsRefusedAndNamed() {
    let whole = ELFBuilder().bytes
    for length in 0..<whole.count {
      #expect(problem(Array(whole[..<length])) != nil, "cut at \(length)")
    }
  }

  @Test func randomDamageNeverLoadsOutsideGuestMemory() {
    let whole = ELFBuilder().bytes
    var random = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        bytes[Int.random(in: 4..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      guard let image = try? ELFImage(bytes: bytes, path: "guest", allowed: Self.allowed) else { continue }
      for segment in image.segments {
        #expect(segment.address >= Self.allowed.lowerBound)
        #expect(segment.memoryBytes <= Self.allowed.upperBound - segment.address)
        #expect(UInt64(segment.data.count) <= segment.memoryBytes)
      }
    }
  }

  @Test func aMissingFileIsNamed() {
    #expect {
      _ = try ELFImage(path: "/nonexistent/guest.elf", allowed: Self.allowed)
    } throws: { error in
      "\(error)" == "/nonexistent/guest.elf: cannot be read: No such file or directory"
    }
  }
}
