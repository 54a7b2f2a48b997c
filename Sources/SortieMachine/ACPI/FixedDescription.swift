/// The FADT: fixed hardware registers (ACPI 6.5, section 5.2.9), and the FACS, memory shared with firmware (section
/// 5.2.10).
enum FixedDescription {
  /// There is no SMI command port: ACPI mode is always on, SCI_EN is always set.
  private static let alwaysACPI: UInt32 = 0

  /// `IAPC_BOOT_ARCH`: devices on the LPC bus, no VGA. That there is no 8042 keeps kernels from waiting for one; the
  /// reset that a keyboard controller has works without being announced.
  private static let bootArchitecture: UInt16 = 1 << 0 | 1 << 2

  private enum Flags {
    static let wbinvd: UInt32 = 1 << 0
    /// C1 on all processors.
    static let c1: UInt32 = 1 << 2
    /// No fixed sleep button; the power button is fixed hardware.
    static let noSleepButton: UInt32 = 1 << 5
    /// The RTC's alarm sets no fixed status bit.
    static let noFixedRTC: UInt32 = 1 << 6
    /// The timer has 32 bits.
    static let wideTimer: UInt32 = 1 << 8
    static let resetRegister: UInt32 = 1 << 10
    static let all = wbinvd | c1 | noSleepButton | noFixedRTC | wideTimer | resetRegister
  }

  /// The FADT of a machine whose FACS and DSDT are at these addresses below 4 GiB.
  static func table(facs: UInt64, dsdt: UInt64) -> [UInt8] {
    var table = ACPITable("FACP", revision: 6)
    table.append(UInt32(facs))
    table.append(UInt32(dsdt))
    table.append([0, 0])  // reserved, profile unspecified
    table.append(UInt16(PCLayout.sciGSI))
    table.append(alwaysACPI)
    table.append([0, 0, 0, 0])  // ACPI_ENABLE, ACPI_DISABLE, S4BIOS_REQ, PSTATE_CNT
    for port in [PCLayout.powerEventPort, 0, PCLayout.powerControlPort, 0, 0, PCLayout.powerTimerPort, 0, 0] {
      table.append(UInt32(port))
    }
    table.append([4, 2, 0, 4])  // bytes of event block, control, PM2, timer
    table.append([0, 0, 0, 0])  // no general purpose events; CST_CNT
    table.append(UInt16(101))  // no C2
    table.append(UInt16(1001))  // no C3
    table.append([UInt8](repeating: 0, count: 8))  // cache flushing, duty cycle, alarms
    table.append(PCLayout.rtcCentury)
    table.append(bootArchitecture)
    table.append(UInt8(0))
    table.append(Flags.all)
    table.append(port: PCLayout.resetPort, bytes: 1)
    table.append(UInt8(6))  // RESET_VALUE
    table.append(UInt16(0))  // ARM_BOOT_ARCH
    table.append(UInt8(5))  // minor version
    table.append(UInt64(0))  // X_FIRMWARE_CTRL: FIRMWARE_CTRL holds
    table.append(dsdt)
    table.append(port: PCLayout.powerEventPort, bytes: 4)
    table.append(port: 0, bytes: 0)
    table.append(port: PCLayout.powerControlPort, bytes: 2)
    table.append(port: 0, bytes: 0)
    table.append(port: 0, bytes: 0)
    table.append(port: PCLayout.powerTimerPort, bytes: 4)
    for _ in 0..<4 { table.append(port: 0, bytes: 0) }  // GPE0, GPE1, sleep control, sleep status
    table.append(Array("SORTIE\0\0".utf8))  // hypervisor vendor
    return table.bytes
  }

  /// The FACS: no waking vector, a free global lock, no flags, version 2.
  static var facs: [UInt8] {
    var bytes = Array("FACS".utf8)
    bytes.append(field: UInt32(64))
    bytes += [UInt8](repeating: 0, count: 24) + [2]
    return bytes + [UInt8](repeating: 0, count: 64 - bytes.count)
  }
}
