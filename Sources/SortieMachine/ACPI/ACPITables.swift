/// The ACPI tables that describe the PC to its operating system, at `PCLayout.acpiTables`.
///
/// Source: ACPI 6.5, section 5.2 (system description tables).
enum ACPITables {
  /// What differs between machines.
  struct Configuration {
    /// Processors, whose local APICs have the ids from 0 up.
    var vcpus = 1
    /// 64-bit BARs; may be empty.
    var highWindow: Range<UInt64> = 0..<0
    /// There are two 8259s, as KVM's irqchip has them when it is not split.
    var hasPIC = true
    /// There is an IDE controller at the ports of old.
    var hasIDE = false
  }

  /// Guest physical address of the root pointer (RSDP); operating systems also find it by its signature.
  static let rootPointer = PCLayout.acpiTables.lowerBound

  /// Most processors: ids of local APICs have eight bits, and 255 is all of them.
  static let mostVCPUs = 255

  /// Writes the tables.
  ///
  /// - Throws: ``MachineError/outsideMemory(address:count:memory:)``.
  static func write(_ configuration: Configuration, to memory: borrowing GuestMemory) throws(MachineError) {
    let image = image(configuration)
    try memory.bytes(at: rootPointer, count: UInt64(image.count)).copyBytes(from: image)
  }

  /// The tables one behind the other, from ``rootPointer`` on.
  static func image(_ configuration: Configuration) -> [UInt8] {
    precondition((1...mostVCPUs).contains(configuration.vcpus))
    var image = [UInt8](repeating: 0, count: rootPointerBytes)
    func place(_ table: [UInt8]) -> UInt64 {
      image += [UInt8](repeating: 0, count: -image.count & (tableAlignment - 1))
      defer { image += table }
      return rootPointer + UInt64(image.count)
    }
    let facs = place(FixedDescription.facs)
    let dsdt = place(
      DifferentiatedDescription.table(
        vcpus: configuration.vcpus, highWindow: configuration.highWindow, hasIDE: configuration.hasIDE))
    var root = ACPITable("XSDT", revision: 1)
    root.append(place(FixedDescription.table(facs: facs, dsdt: dsdt)))
    root.append(place(InterruptDescription.table(vcpus: configuration.vcpus, hasPIC: configuration.hasPIC)))
    root.append(place(configurationSpace))
    image.replaceSubrange(0..<rootPointerBytes, with: pointer(to: place(root.bytes)))
    precondition(image.count <= PCLayout.acpiTables.count)
    return image
  }

  private static let rootPointerBytes = 36
  /// The FACS must lie so (section 5.2.10); for the others it does no harm.
  private static let tableAlignment = 64

  /// The RSDP (section 5.2.5.3), without an RSDT: 64-bit operating systems take the XSDT.
  private static func pointer(to root: UInt64) -> [UInt8] {
    var bytes = Array("RSD PTR \0SORTIE".utf8) + [2]
    bytes.append(field: UInt32(0))
    bytes[8] = ACPITable.checksum(bytes)
    bytes.append(field: UInt32(rootPointerBytes))
    bytes.append(field: root)
    bytes.append(field: UInt32(0))
    bytes[32] = ACPITable.checksum(bytes)
    return bytes
  }

  /// The MCFG (PCI Firmware Specification 3.3, section 4.1.2): segment 0, bus 0.
  private static var configurationSpace: [UInt8] {
    var table = ACPITable("MCFG", revision: 1)
    table.append(UInt64(0))
    table.append(PCLayout.pciConfiguration.lowerBound)
    table.append(UInt64(0))  // segment, first and last bus, reserved
    return table.bytes
  }
}
