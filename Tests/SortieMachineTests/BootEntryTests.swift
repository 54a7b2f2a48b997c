import SortieKVM
import Testing

@testable import SortieMachine

@Suite struct BootEntryTests {
  /// Walks the page tables as the processor does.
  private func physical(_ address: UInt64, _ root: UInt64, _ memory: borrowing GuestMemory) throws -> UInt64?
  {
    var table = root
    for level in [39, 30, 21] as [UInt64] {
      let entry = try memory.load(UInt64.self, at: table + (address >> level & 511) * 8)
      guard entry & 1 == 1 else { return nil }
      table = entry & 0xf_ffff_ffff_f000
      if entry & 0x80 != 0 { return table | address & (1 << level - 1) }
    }
    return nil
  }

  @Test func sixtyFourBitKernelsFindTheFirstFourGiBMapped() throws {
    let memory = try GuestMemory(lowBytes: 2 << 20)
    try BootEntry(mode: .long64, rip: 0).writeTables(to: memory)
    var registers = SpecialRegisters()
    BootEntry(mode: .long64, rip: 0).apply(to: &registers)
    for address in [0, 0x2000, 0x1f_ffff, 0x1234_5678, 0xffff_ffff] as [UInt64] {
      #expect(try physical(address, registers.cr3, memory) == address)
    }
    #expect(try physical(0x1_0000_0000, registers.cr3, memory) == nil)
    #expect(registers.efer == 0x500)
    #expect(registers.cr0 & 0x8000_0001 == 0x8000_0001)
  }

  @Test(
    arguments: [
      (.long64, 0x00af_9b00_0000_ffff), (.protected32, 0x00cf_9b00_0000_ffff),
    ] as [(BootEntry.Mode, UInt64)])
  func segmentsAndTheirDescriptorsAgree(mode: BootEntry.Mode, code: UInt64) throws {
    let memory = try GuestMemory(lowBytes: 2 << 20)
    let entry = BootEntry(mode: mode, rip: 0x1234, rax: 1, rbx: 2, rsi: 3)
    try entry.writeTables(to: memory)
    var special = SpecialRegisters()
    entry.apply(to: &special)
    #expect(special.gdt == DescriptorTable(base: 0x1000, limit: 31))
    #expect(special.cs.selector == 0x10)
    #expect(special.cs.longMode == (mode == .long64))
    #expect(special.cs.db == (mode == .protected32))
    #expect(try memory.load(UInt64.self, at: 0x1010) == code)
    for data in [special.ds, special.es, special.ss] {
      #expect(data.selector == 0x18)
      #expect(data.base == 0 && data.limit == 0xffff_ffff && data.present && data.type == 3)
    }
    #expect(try memory.load(UInt64.self, at: 0x1018) == 0x00cf_9300_0000_ffff)
    var expected = Registers()
    (expected.rip, expected.rax, expected.rbx, expected.rsi) = (0x1234, 1, 2, 3)
    #expect(entry.registers == expected)
  }

  @Test func thirtyTwoBitKernelsHaveNoPaging() {
    var special = SpecialRegisters()
    (special.cr3, special.cr4, special.efer) = (1, 2, 3)
    BootEntry(mode: .protected32, rip: 0).apply(to: &special)
    #expect(special.cr0 & 0x8000_0001 == 1)
    #expect((special.cr3, special.cr4, special.efer) == (0, 0, 0))
    #expect(special.tr.limit == 0x67 && special.tr.type == 11 && special.tr.present)
  }
}
