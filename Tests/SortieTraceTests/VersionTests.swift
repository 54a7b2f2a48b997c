import SystemPackage
import Testing

@testable import SortieTrace

/// A file of a header, given blocks and nothing else.
private func file(_ header: TraceHeader, _ blocks: [(BlockHeader) -> BlockHeader] = []) throws -> [UInt8] {
  var bytes = ByteBuffer()
  header.append(to: &bytes)
  var encoder = try BlockEncoder()
  for (index, change) in blocks.enumerated() {
    let set = ColumnSet(
      count: 3, columns: [Column(.tsc, .integers([1, 2, 3])), Column(.cr3, .integers([9, 9, 8]))])
    let place = BlockEncoder.Place(
      type: .events, stream: 1, sequence: UInt64(index), rowsBefore: UInt64(index * 3))
    let original = try encoder.encode(set, place)
    let length = BlockHeader.frameLength(columns: original.columns.count)
    change(original).write(to: UnsafeMutableRawBufferPointer(start: bytes.extend(by: length), count: length))
    bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: encoder.block.bytes[length...]))
  }
  return Array(bytes.bytes)
}

@Suite struct VersionTests {
  @Test func aNewerMajorVersionIsRefusedWithASentence() throws {
    var header = TraceHeader(identity: testIdentity)
    header.major = 2
    let bytes = try file(header)
    #expect(throws: TraceError.newerMajor(path: "new.sortie", found: 2, supported: 1)) {
      try TraceFile(bytes: bytes, name: "new.sortie")
    }
    #expect(
      TraceError.newerMajor(path: "new.sortie", found: 2, supported: 1).description
        == "new.sortie: written in format 2, this program reads up to format 1: use a newer sortie")
  }

  @Test func aNewerMinorVersionIsRead() throws {
    var header = TraceHeader(identity: testIdentity)
    header.minor = 9
    let trace = try TraceFile(bytes: file(header, [{ $0 }]), name: "minor")
    #expect(trace.version == (1, 9))
    #expect(try trace.decode(trace.blocks[0]).count == 3)
  }

  @Test func unknownBlockTypesAreSkipped() throws {
    let bytes = try file(
      TraceHeader(identity: testIdentity),
      [
        { $0 },
        { header in
          var header = header
          header.type = BlockType(rawValue: 77)
          return header
        }, { $0 },
      ])
    let trace = try TraceFile(bytes: bytes, name: "types")
    #expect(trace.blocks.map(\.type) == [.events, .events])
    #expect(trace.damage.isEmpty)
  }

  @Test func columnsInAnUnknownEncodingAreLeftOut() throws {
    let bytes = try file(
      TraceHeader(identity: testIdentity),
      [
        { header in
          var header = header
          header.columns[0].packing = 200
          return header
        }
      ])
    let trace = try TraceFile(bytes: bytes, name: "columns")
    let set = try trace.decode(trace.blocks[0])
    #expect(set == ColumnSet(count: 3, columns: [Column(.cr3, .integers([9, 9, 8]))]))
  }

  @Test func otherFilesAreNamedForWhatTheyAre() {
    let elf: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]
    #expect(throws: TraceError.notATrace(path: "a.out", firstBytes: elf)) {
      try TraceFile(bytes: elf, name: "a.out")
    }
    #expect(throws: TraceError.notATrace(path: "empty", firstBytes: [])) {
      try TraceFile(bytes: [], name: "empty")
    }
    #expect(
      TraceError.notATrace(path: "a.out", firstBytes: elf).description
        == "a.out: not a Sortie trace: it begins with 7f 45 4c 46 02 01 01 00")
    #expect(throws: TraceError.open(path: "/nonexistent", .noSuchFileOrDirectory)) {
      try TraceFile(path: "/nonexistent")
    }
    #expect(throws: TraceError.open(path: "/tmp", .isDirectory)) { try TraceFile(path: "/tmp") }
    #expect(throws: TraceError.open(path: "/dev/zero", .illegalSeek)) { try TraceFile(path: "/dev/zero") }
  }

  @Test func absurdCountsAreRefusedBeforeMemoryIsTaken() throws {
    for change: (inout BlockHeader) -> Void in [
      { $0.rows = .max }, { $0.contentLength = .max }, { $0.payloadLength = .max },
    ] {
      let bytes = try file(
        TraceHeader(identity: testIdentity),
        [
          { header in
            var header = header
            change(&header)
            return header
          }
        ])
      let trace = try TraceFile(bytes: bytes, name: "absurd")
      #expect(trace.blocks.isEmpty)
      #expect(trace.damage.first?.reason.contains("at most") == true)
    }
  }
}
