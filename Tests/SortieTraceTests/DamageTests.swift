import SystemPackage
import Testing

@testable import SortieTrace

/// A small trace with everything a damaged bit could hit: tables, two streams, several blocks, losses, text.
private func smallTrace() throws -> [UInt8] {
  let directory = TemporaryDirectory()
  let path = directory.file("small.sortie")
  var writer = try TraceFileWriter(path: path, identity: testIdentity)
  let records = plausibleRoundTrips(36, seed: 3)
  let vmm = StreamID(rawValue: 1)
  let guest = StreamID(rawValue: 2)
  try writer.append(rows: [StreamRow(stream: vmm, kind: .vmm, clock: .hostTSC, vcpu: 0)])
  try writer.append(Array(records[..<12]), vmm)
  try writer.flush()
  try writer.append((0..<6).map { GuestSpanRecord(g0: 5000 + $0 * 90, g1: 5040 + $0 * 90) }, guest)
  try writer.append(Array(records[12..<24]), vmm)
  writer.noteLoss(vmm, firstTSC: 10, lastTSC: 20, cause: .ringFull, count: 3)
  try writer.flush()
  try writer.append(Array(records[24...]), vmm)
  try writer.finish()
  return contents(of: path)
}

/// The events that can be had from `trace`, by stream and position, or nil for blocks that cannot be decoded.
private func events(_ trace: TraceFile) -> [String: ColumnSet] {
  var result: [String: ColumnSet] = [:]
  for block in trace.blocks {
    guard let rows = try? trace.decode(block) else { continue }
    result["\(block.type.rawValue)/\(block.header.stream)/\(block.rowsBefore)"] = rows
  }
  return result
}

@Suite struct DamageTests {
  @Test func everyWholeBlockIsRecoveredWhereverTheFileIsCut() throws {
    let bytes = try smallTrace()
    let whole = try TraceFile(bytes: bytes, name: "whole")
    #expect(whole.isComplete)
    let all = try decodedBlocks(whole)
    for length in 0..<bytes.count {
      let cut = Array(bytes[..<length])
      guard length >= TraceHeader.length else {
        #expect(throws: TraceError.self) { try TraceFile(bytes: cut, name: "cut") }
        continue
      }
      let trace = try TraceFile(bytes: cut, name: "cut")
      #expect(!trace.isFinished)
      let expected = all.filter { $0.block.offset + $0.block.length <= UInt64(length) }
      let recovered = try decodedBlocks(trace)
      guard recovered.map(\.block) == expected.map(\.block), recovered.map(\.rows) == expected.map(\.rows)
      else {
        Issue.record("cut at \(length): \(recovered.count) blocks of \(expected.count)")
        return
      }
      // A cut within a block leaves bytes that are no block: they are named.
      let end = expected.last.map { $0.block.offset + $0.block.length } ?? UInt64(TraceHeader.length)
      let footer = all.last.map { $0.block.offset + $0.block.length } ?? 0
      if end < UInt64(length), UInt64(length) <= footer {
        #expect(trace.damage.first?.offset == end, "cut at \(length)")
      }
    }
  }

  @Test func everyFlippedBitIsDetectedOrHarmless() throws {
    let bytes = try smallTrace()
    let whole = try TraceFile(bytes: bytes, name: "whole")
    let original = Dictionary(uniqueKeysWithValues: try decodedBlocks(whole).map { ($0.block.offset, $0) })
    // Every one of each byte, or of each byte another one.
    for bit in 0..<(bytes.count * 8) where isLong || bit % 8 == bit / 8 % 8 {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      // Refused altogether: detected.
      guard let trace = try? TraceFile(bytes: flipped, name: "flipped") else { continue }
      // What is read must be what was written. A block with neither header nor bytes changed is decoded to the same.
      for block in trace.blocks {
        let isHit = block.offset..<(block.offset + block.length) ~= UInt64(bit / 8)
        if !isHit, original[block.offset]?.block == block { continue }
        guard let rows = try? trace.decode(block) else { continue }
        guard original[block.offset]?.rows == rows else {
          Issue.record("bit \(bit) changed the rows of the block at \(block.offset)")
          return
        }
      }
      guard trace.identity == whole.identity, trace.sites == whole.sites else {
        Issue.record("bit \(bit) changed the identity or the sites")
        return
      }
      // Every byte is under a checksum: some damage is found, and a lost block of events is a loss.
      #expect(!trace.damage.isEmpty, "bit \(bit)")
      let missing = original.values.filter { place in
        place.block.type == .events && !trace.blocks.contains { $0.offset == place.block.offset }
      }
      if !missing.isEmpty { #expect(trace.losses.contains { $0.cause == .damagedFile }, "bit \(bit)") }
    }
  }

  @Test func damageInTheMiddleCostsOneBlockAndSaysWhatWasInIt() throws {
    var bytes = try smallTrace()
    let whole = try TraceFile(bytes: bytes, name: "whole")
    let stream = StreamID(rawValue: 1)
    let blocks = whole.blocks.filter { $0.stream == stream }
    #expect(blocks.count == 3)
    let victim = blocks[1]
    let range = try #require(victim.range)
    for hit in [victim.offset + 9, victim.payloadOffset + 20] {
      bytes[Int(hit)] ^= 0xff
      // With the index, which knows what was there …
      let indexed = try TraceFile(bytes: bytes, name: "indexed")
      #expect(indexed.isFinished && !indexed.isComplete)
      #expect(indexed.blocks.count == whole.blocks.count - 1)
      #expect(
        indexed.losses.contains(
          LossRow(
            stream: stream, firstTSC: range.lowerBound, lastTSC: range.upperBound, cause: .damagedFile,
            count: UInt64(victim.rows))))
      // … and without it, where the next block tells how many rows went before.
      let cut = try TraceFile(bytes: Array(bytes.dropLast(10)), name: "scanned")
      #expect(cut.blocks.count == whole.blocks.count - 1)
      let loss = try #require(cut.losses.first { $0.cause == .damagedFile })
      #expect(loss.count == UInt64(victim.rows) && loss.stream == stream)
      #expect(loss.firstTSC <= range.lowerBound && loss.lastTSC >= range.upperBound)
      #expect(cut.damage.first?.offset == victim.offset)
      bytes[Int(hit)] ^= 0xff
    }
  }

  @Test func aDamagedHeaderIsReplacedByItsCopy() throws {
    var bytes = try smallTrace()
    for index in 0..<TraceHeader.length { bytes[index] = 0xaa }
    let trace = try TraceFile(bytes: bytes, name: "headless")
    #expect(trace.identity == testIdentity)
    #expect(trace.damage.map(\.offset) == [0])
    #expect(try decodedBlocks(trace).count == trace.blocks.count)
  }

  @Test func randomBytesAreRefusedOrReadWithinBounds() throws {
    let bytes = try smallTrace()
    var random = SeededGenerator(seed: 11)
    for _ in 0..<(isLong ? 2000 : 400) {
      var damaged = bytes
      for _ in 0...(random.next() % 12) {
        damaged[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      guard let trace = try? TraceFile(bytes: damaged, name: "random") else { continue }
      _ = events(trace)
      _ = try? trace.siteCounts()
      _ = try? trace.rows(StreamRow.self)
    }
    for length in 0..<200 {
      let noise = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      #expect(throws: TraceError.self) { try TraceFile(bytes: noise, name: "noise") }
    }
  }
}
