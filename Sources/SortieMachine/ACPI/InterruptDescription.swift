/// The MADT: local APICs, I/O APIC and what differs from ISA's one-to-one wiring (ACPI 6.5, section 5.2.12).
enum InterruptDescription {
  /// The MADT of a machine with local APICs 0 to `vcpus` - 1; `hasPIC` as in ``ACPITables/Configuration``.
  static func table(vcpus: Int, hasPIC: Bool) -> [UInt8] {
    var table = ACPITable("APIC", revision: 5)
    table.append(UInt32(PCLayout.localAPIC))
    table.append(UInt32(hasPIC ? 1 : 0))  // PCAT_COMPAT
    for index in 0..<vcpus {
      table.append([0, 8, UInt8(index), UInt8(index)])
      table.append(UInt32(1))  // enabled
    }
    table.append([1, 12, 0, 0])
    table.append(UInt32(PCLayout.ioapic))
    table.append(UInt32(0))  // first GSI
    // The 8254 is wired to pin 2, polarity and trigger as on ISA.
    override(irq: 0, gsi: 2, flags: 0, in: &table)
    // Active high, level triggered.
    override(irq: UInt8(PCLayout.sciGSI), gsi: PCLayout.sciGSI, flags: 0b1101, in: &table)
    return table.bytes
  }

  private static func override(irq: UInt8, gsi: UInt32, flags: UInt16, in table: inout ACPITable) {
    table.append([2, 10, 0, irq])
    table.append(gsi)
    table.append(flags)
  }
}
