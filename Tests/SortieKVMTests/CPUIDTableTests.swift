import SortieKVM
import Testing

struct CPUIDTableTests {
  private let table = CPUIDTable(entries: [
    CPUIDEntry(function: 0, eax: 0x10),
    CPUIDEntry(function: 1, ebx: 0x0302_0800),
    CPUIDEntry(function: 0xb, index: 0, flags: 1, edx: 9),
    CPUIDEntry(function: 0xb, index: 1, flags: 1, eax: 4, edx: 9),
    CPUIDEntry(function: 0x8000_001e, eax: 9, ebx: 1),
  ])

  @Test func theAPICIDOfAVCPUStandsInEveryLeafThatCarriesIt() {
    let mine = table.forVCPU(apicID: 0x105)
    #expect(mine[1]?.ebx == 0x0502_0800)
    #expect(mine[0xb, 0]?.edx == 0x105)
    #expect(mine[0xb, 1]?.edx == 0x105)
    #expect(mine[0x8000_001e]?.eax == 0x105)
    #expect(mine[0] == table[0])
  }

  @Test func aSubleafIsFoundByItsIndexOnlyWhereItCounts() {
    #expect(table[0xb, 1]?.eax == 4)
    #expect(table[0xb, 2] == nil)
    #expect(table[1, 5]?.ebx == 0x0302_0800)
    #expect(table[2] == nil)
  }
}
