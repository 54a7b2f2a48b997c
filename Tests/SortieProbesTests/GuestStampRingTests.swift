import SortieTrace
import Testing

@testable import SortieProbes

/// A ring as a guest sees it, by the offsets that `guest_abi.h` gives to its words.
private final class GuestRing {
  let region: UnsafeMutableRawBufferPointer
  let capacity: UInt64

  init(capacity: UInt64) {
    self.capacity = capacity
    region = .allocate(byteCount: 128 + 16 * Int(capacity), alignment: 4096)
    region.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit { region.deallocate() }

  private func word(_ offset: Int) -> UInt64 { region.load(fromByteOffset: offset, as: UInt64.self) }
  private func setWord(_ offset: Int, _ value: UInt64) {
    region.storeBytes(of: value, toByteOffset: offset, as: UInt64.self)
  }

  var head: UInt64 {
    get { word(0) }
    set { setWord(0, newValue) }
  }
  var dropped: UInt64 {
    get { word(8) }
    set { setWord(8, newValue) }
  }
  var tail: UInt64 {
    get { word(64) }
    set { setWord(64, newValue) }
  }

  /// Stamps as a correct guest does: span `n` is `n..n + 1`.
  func stamp(_ spans: Range<UInt64>) {
    for span in spans {
      guard head &- tail < capacity else {
        dropped += 1
        continue
      }
      setWord(128 + 16 * Int(head % capacity), span)
      setWord(136 + 16 * Int(head % capacity), span + 1)
      head &+= 1
    }
  }
}

@Suite struct GuestStampRingTests {
  private let guest = GuestRing(capacity: 8)

  private func drain(_ ring: inout GuestStampRing) -> (
    spans: [UInt64], pieces: Int, loss: GuestStampRing.Loss?
  ) {
    var spans: [UInt64] = []
    var pieces = 0
    let loss = ring.drain { piece in
      #expect(piece.allSatisfy { $0.g1 == $0.g0 + 1 })
      spans += piece.map(\.g0)
      pieces += 1
    }
    return (spans, pieces, loss)
  }

  @Test func spansArriveOnceInOrderAndTheirSlotsAreFreed() {
    var ring = GuestStampRing(region: guest.region, capacity: 8)
    #expect(drain(&ring).spans.isEmpty)
    guest.stamp(0..<3)
    let first = drain(&ring)
    #expect(first.spans == [0, 1, 2] && first.loss == nil)
    #expect(guest.tail == 3)
    #expect(drain(&ring).pieces == 0)
  }

  @Test func spansAcrossTheEndOfTheRingComeInTwoPieces() {
    var ring = GuestStampRing(region: guest.region, capacity: 8)
    guest.stamp(0..<6)
    #expect(drain(&ring).pieces == 1)
    guest.stamp(6..<13)
    let second = drain(&ring)
    #expect(second.spans == Array(6..<13) && second.pieces == 2 && second.loss == nil)
    guest.stamp(13..<21)
    #expect(drain(&ring).spans == Array(13..<21))
  }

  @Test func indicesThatWrapAroundLoseNothing() {
    var ring = GuestStampRing(region: guest.region, capacity: 8)
    // The ring cannot be made to start there but by a jump, which is a loss.
    guest.head = .max - 2
    guest.tail = .max - 2
    #expect(drain(&ring).loss == GuestStampRing.Loss(cause: .guestRingCorrupt, count: nil))
    guest.stamp(0..<6)
    #expect(guest.head == 3)
    let across = drain(&ring)
    #expect(across.spans == Array(0..<6) && across.loss == nil)
    #expect(guest.tail == 3)
  }

  @Test func whatAFullRingDropsIsCounted() {
    var ring = GuestStampRing(region: guest.region, capacity: 8)
    guest.stamp(0..<11)
    let full = drain(&ring)
    #expect(full.spans == Array(0..<8))
    #expect(full.loss == GuestStampRing.Loss(cause: .guestRingFull, count: 3))
    #expect(drain(&ring).loss == nil)
    guest.stamp(11..<20)
    #expect(drain(&ring).loss == GuestStampRing.Loss(cause: .guestRingFull, count: 1))
  }

  @Test(arguments: [9, 1 << 40, .max, .max - 7] as [UInt64])
  func aHeadThatNoGuestWritesIsALossAndNothingIsRead(head: UInt64) {
    var ring = GuestStampRing(region: guest.region, capacity: 8)
    guest.head = head
    let hostile = drain(&ring)
    #expect(hostile.pieces == 0)
    #expect(hostile.loss == GuestStampRing.Loss(cause: .guestRingCorrupt, count: nil))
    #expect(guest.tail == head)
    // From there on it is a ring again.
    guest.stamp(5..<7)
    let after = drain(&ring)
    #expect(after.spans == [5, 6] && after.loss == nil)
  }

  @Test func aHeadThatGoesBackIsALoss() {
    var ring = GuestStampRing(region: guest.region, capacity: 8)
    guest.stamp(0..<4)
    _ = drain(&ring)
    guest.head = 3
    #expect(drain(&ring).loss == GuestStampRing.Loss(cause: .guestRingCorrupt, count: nil))
  }

  @Test func dropsBesideAHostileHeadAreNotReportedAgain() {
    var ring = GuestStampRing(region: guest.region, capacity: 8)
    guest.head = 1000
    guest.dropped = 77
    #expect(drain(&ring).loss == GuestStampRing.Loss(cause: .guestRingCorrupt, count: nil))
    #expect(drain(&ring).loss == nil)
  }

  @Test(arguments: [.max, 1 << 63, 1 << 40 + 1] as [UInt64])
  func moreDropsThanThereCanBeHaveNoCount(dropped: UInt64) {
    var ring = GuestStampRing(region: guest.region, capacity: 8)
    guest.stamp(0..<2)
    guest.dropped = dropped
    let hostile = drain(&ring)
    #expect(hostile.spans == [0, 1])
    #expect(hostile.loss == GuestStampRing.Loss(cause: .guestRingCorrupt, count: nil))
    guest.dropped &+= 2
    #expect(drain(&ring).loss == GuestStampRing.Loss(cause: .guestRingFull, count: 2))
  }

  @Test func dropsThatGoBackHaveNoCount() {
    var ring = GuestStampRing(region: guest.region, capacity: 8)
    guest.dropped = 5
    #expect(drain(&ring).loss == GuestStampRing.Loss(cause: .guestRingFull, count: 5))
    guest.dropped = 4
    #expect(drain(&ring).loss == GuestStampRing.Loss(cause: .guestRingCorrupt, count: nil))
  }

  @Test func aTailThatTheGuestOverwritesIsNotBelieved() {
    var ring = GuestStampRing(region: guest.region, capacity: 8)
    guest.stamp(0..<4)
    _ = drain(&ring)
    guest.tail = 2
    guest.stamp(4..<5)
    let next = drain(&ring)
    #expect(next.spans == [4] && next.loss == nil)
    #expect(guest.tail == 5)
  }
}
