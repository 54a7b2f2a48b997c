import SortieTrace
import Testing

@testable import SortieAnalysis

@Suite struct CellTableTests {
  private func record(_ port: UInt64, rip: UInt64) -> RoundTripRecord {
    RoundTripRecord(u0: 1, u1: 2, rip: rip, address: port, reason: 2, size: 1, flags: .ripIsNext)
  }

  @Test func aSiteKeepsItsInstructionsApart() {
    var table = CellTable(limit: 100)
    let first = table.cell(for: record(0xe0, rip: 1))
    let second = table.cell(for: record(0xe0, rip: 2))
    #expect(first != second)
    #expect(table.cells[first].site == table.cells[second].site)
    #expect(table.cell(for: record(0xe0, rip: 1)) == first)
    #expect(table.cell(for: record(0xe4, rip: 1)) != first)
  }

  @Test func aGuestThatExitsEverywhereCannotGrowTheTable() {
    var table = CellTable(limit: 40)
    for index in 0..<5000 as Range<UInt64> {
      let cell = table.cell(for: record(index % 500, rip: index))
      table.cells[cell].count += 1
    }
    #expect(table.cells.count <= 41)
    #expect(table.cells.map(\.count).reduce(0, +) == 5000)
    #expect(table.foldedInstructions > 0)
    #expect(table.foldedSites > 0)
  }

  @Test func kicksAreOneSiteWhateverReasonIsStale() {
    var table = CellTable(limit: 40)
    let first = table.cell(for: RoundTripRecord(address: 1, reason: 2, flags: .kick))
    let second = table.cell(for: RoundTripRecord(address: 9, reason: 6, size: 4, flags: [.kick, .write]))
    #expect(first == second)
    #expect(table.sites[table.cells[first].site].label == "kick")
  }
}
