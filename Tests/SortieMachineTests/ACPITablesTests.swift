import Testing

@testable import SortieMachine

@Suite struct ACPITablesTests {
  private static let highWindow: Range<UInt64> = 0x2_0000_0000..<0x6_0000_0000

  private func tables(
    vcpus: Int = 2, highWindow: Range<UInt64> = highWindow, hasPIC: Bool = true
  ) throws -> ParsedACPI {
    try ParsedACPI(.init(vcpus: vcpus, highWindow: highWindow, hasPIC: hasPIC))
  }

  @Test(arguments: [1, 2, 16, 255])
  func everyTableIsFoundFromTheRootAndSumsToZero(vcpus: Int) throws {
    let tables = try tables(vcpus: vcpus)
    #expect(tables.signatures == ["FACP", "APIC", "MCFG"])
    for table in tables.all { #expect(table.reduce(0, &+) == 0) }
    #expect(tables.image.prefix(20).reduce(0, &+) == 0)
    #expect(tables.image.prefix(36).reduce(0, &+) == 0)
    #expect(tables.facs.field(UInt32.self, at: 4) == 64)
    #expect(tables.facsAddress % 64 == 0)
  }

  @Test func theTablesLieWhereTheLayoutSays() throws {
    let memory = try GuestMemory(lowBytes: 2 << 20)
    try ACPITables.write(.init(vcpus: 255, highWindow: Self.highWindow), to: memory)
    #expect(try memory.load(UInt64.self, at: 0xe_0000) == 0x2052_5450_2044_5352)  // "RSD PTR "
    #expect(try memory.load(UInt64.self, at: 0x10_0000) == 0)
  }

  @Test func theFixedHardwareIsWhereTheDevicesAre() throws {
    let fadt = try tables().table("FACP")
    #expect(fadt.count == 276)
    #expect(fadt.field(UInt16.self, at: 46) == 9)
    #expect(fadt.field(UInt32.self, at: 48) == 0, "no SMI command: always in ACPI mode")
    #expect(fadt.field(UInt32.self, at: 56) == 0x600)
    #expect(fadt.field(UInt32.self, at: 64) == 0x604)
    #expect(fadt.field(UInt32.self, at: 76) == 0x608)
    #expect(Array(fadt[88..<92]) == [4, 2, 0, 4])
    #expect(fadt[108] == 0x32)
    #expect(fadt.field(UInt16.self, at: 109) == 0b101, "legacy devices, no 8042, no VGA")
    let flags = fadt.field(UInt32.self, at: 112)
    #expect(flags & 1 << 4 == 0, "the power button is fixed hardware")
    #expect(flags & 1 << 5 != 0, "there is no sleep button")
    #expect(flags & 1 << 8 != 0, "the timer has 32 bits")
    #expect(flags & 1 << 10 != 0, "the reset register works")
    #expect(flags & 1 << 20 == 0, "not hardware-reduced")
    #expect(Array(fadt[116..<129]) == [1, 8, 0, 1, 0xf9, 0x0c, 0, 0, 0, 0, 0, 0, 6])
    #expect(Array(fadt[148..<154]) == [1, 32, 0, 3, 0x00, 0x06])
    #expect(Array(fadt[172..<178]) == [1, 16, 0, 2, 0x04, 0x06])
    #expect(Array(fadt[208..<214]) == [1, 32, 0, 3, 0x08, 0x06])
    #expect(fadt[244..<268].allSatisfy { [0, 1].contains($0) }, "no sleep registers")
  }

  @Test func everyProcessorHasALocalAPIC() throws {
    let madt = try tables(vcpus: 3).table("APIC")
    #expect(madt.field(UInt32.self, at: 36) == 0xfee0_0000)
    #expect(madt.field(UInt32.self, at: 40) == 1, "PCAT_COMPAT")
    let entries = ParsedACPI.structures(madt, from: 44)
    #expect(
      entries.prefix(3) == [[0, 8, 0, 0, 1, 0, 0, 0], [0, 8, 1, 1, 1, 0, 0, 0], [0, 8, 2, 2, 1, 0, 0, 0]])
    #expect(
      entries.dropFirst(3) == [
        [1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0],
        [2, 10, 0, 0, 2, 0, 0, 0, 0, 0],
        [2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0],
      ])
  }

  @Test func withoutPICTheTableSaysSo() throws {
    #expect(try tables(hasPIC: false).table("APIC").field(UInt32.self, at: 40) == 0)
  }

  @Test func theConfigurationSpaceIsThatOfBusZero() throws {
    let mcfg = try tables().table("MCFG")
    #expect(mcfg.count == 60)
    #expect(mcfg.field(UInt64.self, at: 44) == 0xe000_0000)
    #expect(mcfg.field(UInt64.self, at: 52) == 0)
  }
}
