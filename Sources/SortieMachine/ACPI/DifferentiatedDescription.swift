/// The DSDT: processors, PCI host bridge with its windows and interrupts, serial port, clock, and how to turn off.
///
/// Sources: ACPI 6.5, chapters 5 to 8; PCI Firmware Specification 3.3, sections 4.1.2 (ECAM) and 4.5 (host bridges).
enum DifferentiatedDescription {
  /// The DSDT of a machine with so many processors and 64-bit BARs in `highWindow`.
  static func table(vcpus: Int, highWindow: Range<UInt64>, hasIDE: Bool) -> [UInt8] {
    var table = ACPITable("DSDT", revision: 2)
    table.append(
      AML.scope(
        "\\_SB", processors(vcpus), hostBridge(highWindow, hasIDE: hasIDE), configurationSpace, serialPort,
        realTimeClock))
    // SLP_TYP of PM1a and PM1b control (section 7.4.2).
    let sleepType = AML.integer(PCLayout.sleepTypeOff)
    table.append(
      AML.named("\\_S5", AML.package([sleepType, AML.integer(0), AML.integer(0), AML.integer(0)])))
    return table.bytes
  }

  private static func processors(_ count: Int) -> [UInt8] {
    (0..<count).flatMap { index in
      let digits = String(index, radix: 16, uppercase: true)
      let name = "C" + String(repeating: "0", count: 3 - digits.count) + digits
      return AML.device(
        name, AML.named("_HID", AML.string("ACPI0007")), AML.named("_UID", AML.integer(UInt64(index))))
    }
  }

  private static func hostBridge(_ highWindow: Range<UInt64>, hasIDE: Bool) -> [UInt8] {
    var resources = ResourceTemplate()
    resources.window(.buses, 0..<1, as: UInt16.self)
    resources.ports(0xcf8, count: 8)
    // Linux gives a controller in compatibility mode BARs where its ports are, and refuses it where no window has them.
    if hasIDE { resources.window(.ports, 0..<0xcf8, as: UInt16.self) }
    resources.window(.ports, PCLayout.pciPorts, as: UInt16.self)
    resources.window(.memory, PCLayout.pciMemory, as: UInt32.self)
    if !highWindow.isEmpty { resources.window(.memory, highWindow, as: UInt64.self) }
    return AML.device(
      "PCI0", AML.named("_HID", AML.eisaID("PNP0A08")), AML.named("_CID", AML.eisaID("PNP0A03")),
      AML.named("_SEG", AML.integer(0)), AML.named("_BBN", AML.integer(0)),
      AML.named("_UID", AML.integer(0)), AML.named("_CRS", resources.aml),
      AML.named("_PRT", AML.package(routes)))
  }

  /// For each pin of each slot: address (any function), pin, no link device, GSI (section 6.2.13).
  private static var routes: [[UInt8]] {
    (0..<UInt64(32)).flatMap { slot in
      (0..<UInt64(4)).map { pin in
        let gsi = UInt64(PCLayout.pciGSI) + (slot + pin) % 4
        return AML.package([
          AML.integer(slot << 16 | 0xffff), AML.integer(pin), AML.integer(0), AML.integer(gsi),
        ])
      }
    }
  }

  /// Operating systems use ECAM only where a motherboard resource reserves it.
  private static var configurationSpace: [UInt8] {
    var resources = ResourceTemplate()
    resources.memory(PCLayout.pciConfiguration)
    return AML.device(
      "ECAM", AML.named("_HID", AML.eisaID("PNP0C02")), AML.named("_UID", AML.integer(0)),
      AML.named("_CRS", resources.aml))
  }

  private static var serialPort: [UInt8] {
    var resources = ResourceTemplate()
    resources.ports(PCLayout.serialPort, count: 8)
    resources.interrupt(PCLayout.serialGSI)
    return AML.device(
      "COM1", AML.named("_HID", AML.eisaID("PNP0501")), AML.named("_UID", AML.integer(0)),
      AML.named("_CRS", resources.aml))
  }

  private static var realTimeClock: [UInt8] {
    var resources = ResourceTemplate()
    resources.ports(PCLayout.rtcPort, count: 2)
    resources.interrupt(PCLayout.rtcGSI)
    return AML.device("RTC", AML.named("_HID", AML.eisaID("PNP0B00")), AML.named("_CRS", resources.aml))
  }
}
