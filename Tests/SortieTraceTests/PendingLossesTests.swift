import SystemPackage
import Testing

@testable import SortieTrace

private let stream = StreamID(rawValue: 1)
private let other = StreamID(rawValue: 2)

private func loss(
  _ range: ClosedRange<UInt64>, _ count: UInt64?, _ cause: LossCause = .ringFull, of stream: StreamID = stream
) -> LossRow {
  LossRow(stream: stream, firstTSC: range.lowerBound, lastTSC: range.upperBound, cause: cause, count: count)
}

@Suite struct PendingLossesTests {
  @Test func lossesWithNoEventBetweenAreOneRow() {
    var losses = PendingLosses()
    losses.add(stream, 10...20, cause: .ringFull, count: 3)
    losses.add(stream, 30...40, cause: .ringFull, count: 4)
    #expect(losses.rows == [loss(10...40, 7)])
  }

  @Test func anEventBetweenKeepsLossesApart() {
    var losses = PendingLosses()
    losses.add(stream, 10...20, cause: .ringFull, count: 3)
    losses.endRanges(of: stream)
    losses.add(stream, 30...40, cause: .ringFull, count: 4)
    losses.add(stream, 41...50, cause: .ringFull, count: 1)
    #expect(losses.rows == [loss(10...20, 3), loss(30...50, 5)])
  }

  @Test func anEventOfAnotherStreamKeepsNothingApart() {
    var losses = PendingLosses()
    losses.add(stream, 10...20, cause: .ringFull, count: 3)
    losses.add(other, 11...12, cause: .ringFull, count: 1)
    losses.endRanges(of: other)
    losses.add(stream, 30...40, cause: .ringFull, count: 4)
    losses.add(other, 31...32, cause: .ringFull, count: 1)
    #expect(losses.rows == [loss(10...40, 7), loss(11...12, 1, of: other), loss(31...32, 1, of: other)])
  }

  @Test func causesAndUnknownCountsStandInRowsOfTheirOwn() {
    var losses = PendingLosses()
    losses.add(stream, 10...20, cause: .ringFull, count: 3)
    losses.add(stream, 30...40, cause: .writeFailed, count: 4)
    losses.add(stream, 50...60, cause: .ringFull, count: nil)
    losses.add(stream, 70...80, cause: .ringFull, count: nil)
    losses.add(stream, 90...95, cause: .ringFull, count: 1)
    #expect(losses.rows == [loss(10...95, 4), loss(30...40, 4, .writeFailed), loss(50...80, nil)])
  }

  @Test func whatLiesBeforeIsNotReachedOver() {
    var losses = PendingLosses()
    losses.add(stream, 1000...1010, cause: .ringFull, count: 3)
    losses.add(stream, 10...20, cause: .ringFull, count: 4)
    #expect(losses.rows == [loss(1000...1010, 3), loss(10...20, 4)])
  }

  @Test func countsDoNotWrap() {
    var losses = PendingLosses()
    losses.add(stream, 10...20, cause: .ringFull, count: .max - 1)
    losses.add(stream, 30...40, cause: .ringFull, count: 4)
    #expect(losses.rows == [loss(10...40, .max)])
  }

  @Test func beyondTheBoundOneRowAStreamCoversTheRest() {
    var losses = PendingLosses(limit: 2)
    for index in 0..<1000 as Range<UInt64> {
      for id in [stream, other] {
        losses.add(id, (index * 10)...(index * 10 + 5), cause: .ringFull, count: 1)
        losses.endRanges(of: id)
      }
    }
    #expect(
      losses.rows == [
        loss(0...5, 1), loss(0...5, 1, of: other), loss(10...9995, nil), loss(10...9995, nil, of: other),
      ])
  }

  @Test func twoDropsWithRecordsBetweenAreTwoRangesInTheFile() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("drops.sortie")
    var writer = try TraceFileWriter(path: path, identity: testIdentity)
    writer.noteLoss(stream, firstTSC: 10, lastTSC: 20, cause: .ringFull, count: 1)
    try writer.append([GuestSpanRecord(g0: 500, g1: 600)], stream)
    writer.noteLoss(stream, firstTSC: 1000, lastTSC: 1000, cause: .ringFull, count: 1)
    try writer.finish()
    #expect(try TraceFile(path: path).losses == [loss(10...20, 1), loss(1000...1000, 1)])
  }
}
