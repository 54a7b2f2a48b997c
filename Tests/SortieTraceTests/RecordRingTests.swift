import Glibc
import Synchronization
import Testing

@testable import SortieTrace

@Suite struct RecordRingTests {
  @Test func recordsArriveInOrderAcrossThreads() throws {
    let ring = try RecordRing<GuestSpanRecord>(capacity: 256)
    let total: UInt64 = 200_000
    let producing = try RecorderThread {
      var producer = ring.makeProducer()
      var next: UInt64 = 0
      while next < total {
        // A full ring drops: this producer tries again, so that the order can be checked.
        if producer.push(GuestSpanRecord(g0: next, g1: ~next), tsc: next) { next += 1 } else { sched_yield() }
      }
    }
    var expected: UInt64 = 0
    var wrong = 0
    while expected < total {
      ring.drain { records in
        for record in records {
          if record.g0 != expected || record.g1 != ~expected { wrong += 1 }
          expected += 1
        }
      }
      sched_yield()
    }
    producing.join()
    #expect(wrong == 0)
    #expect(expected == total)
  }

  @Test func aFullRingDropsCountsAndNotesTheRange() throws {
    let ring = try RecordRing<GuestSpanRecord>(capacity: 8)
    var producer = ring.makeProducer()
    for stamp in 1...8 as ClosedRange<UInt64> {
      let taken = producer.push(GuestSpanRecord(g0: stamp, g1: stamp), tsc: stamp)
      #expect(taken)
    }
    for stamp in 9...12 as ClosedRange<UInt64> {
      let taken = producer.push(GuestSpanRecord(g0: stamp, g1: stamp), tsc: stamp)
      #expect(!taken)
    }
    #expect(ring.dropped == 4)
    #expect(ring.takeDrops() == RingDrops(count: 4, firstTSC: 9, lastTSC: 12))
    #expect(ring.takeDrops() == nil)
    var seen: [UInt64] = []
    #expect(ring.drain { seen += $0.map(\.g0) } == 8)
    #expect(seen == Array(1...8))
    let taken = producer.push(GuestSpanRecord(g0: 13, g1: 13), tsc: 13)
    #expect(taken)
    #expect(ring.drain { _ in } == 1)
    for stamp in 14...22 as ClosedRange<UInt64> {
      producer.push(GuestSpanRecord(g0: stamp, g1: 0), tsc: stamp)
    }
    #expect(ring.takeDrops() == RingDrops(count: 1, firstTSC: 22, lastTSC: 22))
  }

  @Test func pushedAndDroppedAddUpUnderContention() throws {
    let ring = try RecordRing<UInt64>(capacity: 64)
    let total: UInt64 = 300_000
    let done = SharedFlag()
    let producing = try RecorderThread {
      var producer = ring.makeProducer()
      for stamp in 1...total { producer.push(stamp, tsc: stamp) }
      done.value.store(true, ordering: .releasing)
    }
    var received: UInt64 = 0
    var last: UInt64 = 0
    var reported: UInt64 = 0
    var lastDrop: UInt64 = 0
    var disorder = 0
    var isLast = false
    while !isLast {
      isLast = done.value.load(ordering: .acquiring)
      ring.drain { records in
        for record in records {
          if record <= last { disorder += 1 }
          last = record
          received += 1
        }
      }
      if let drops = ring.takeDrops() {
        if drops.firstTSC < lastDrop || drops.lastTSC < drops.firstTSC { disorder += 1 }
        lastDrop = drops.lastTSC
        reported += drops.count
      }
    }
    producing.join()
    if let drops = ring.takeDrops() { reported += drops.count }
    #expect(received + reported == total)
    #expect(ring.dropped == reported)
    #expect(disorder == 0)
  }
}

private final class SharedFlag: Sendable {
  let value = Atomic<Bool>(false)
}
