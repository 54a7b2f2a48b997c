/// Where the PC that Linux boots on has its memory, ports and interrupts. ACPI tables, the bus and the boot protocols
/// must say the same, so it stands here once.
enum PCLayout {
  /// End of the RAM below 4 GiB; what a guest has more lies from 4 GiB up.
  static let lowMemoryEnd: UInt64 = 0xd000_0000
  /// BARs of 32 bits.
  static let pciMemory: Range<UInt64> = 0xd000_0000..<0xe000_0000
  /// Configuration space as memory (ECAM), 1 MiB for the one bus.
  static let pciConfiguration: Range<UInt64> = 0xe000_0000..<0xe010_0000
  /// Bytes of the window for BARs of 64 bits, which begins behind the last RAM.
  static let pciHighMemoryBytes: UInt64 = 16 << 30
  /// Port BARs.
  static let pciPorts: Range<UInt64> = 0xc000..<0x1_0000

  /// The I/O APIC's registers, 24 pins.
  static let ioapic: UInt64 = 0xfec0_0000
  /// The local APICs' registers.
  static let localAPIC: UInt64 = 0xfee0_0000

  /// ACPI's fixed power management registers (ACPI 6.5, section 4.8.3): PM1a event block, PM1a control, timer.
  static let powerEventPort: UInt16 = 0x600
  static let powerControlPort: UInt16 = 0x604
  static let powerTimerPort: UInt16 = 0x608
  /// The value of SLP_TYP that turns the machine off when SLP_EN is written with it.
  static let sleepTypeOff: UInt64 = 5
  /// The reset control register: bits 1 and 2 written together reset the machine.
  static let resetPort: UInt16 = 0xcf9

  /// ACPI's system control interrupt.
  static let sciGSI: UInt32 = 9
  /// QEMU's isa-debug-exit, by which test kernels end.
  static let debugExitPort: UInt16 = 0xf4
  static let serialPort: UInt16 = 0x3f8
  static let serialGSI: UInt32 = 4
  static let rtcPort: UInt16 = 0x70
  static let rtcGSI: UInt32 = 8
  /// The byte of the RTC's memory that holds the century.
  static let rtcCentury: UInt8 = 0x32
  /// A PIIX3's two IDE channels in compatibility mode.
  static let primaryIDEGSI: UInt32 = 14
  static let secondaryIDEGSI: UInt32 = 15
  /// First of the four inputs of the I/O APIC that the INTx pins of PCI functions share: pin `p` (0 is INTA) of slot
  /// `s` drives `pciGSI + (s + p) % 4`.
  static let pciGSI: UInt32 = 16

  /// The first 640 KiB, but for the last KiB, which belongs to firmware.
  static let conventionalMemoryEnd: UInt64 = 0x9_fc00
  /// ACPI tables, where operating systems look for their root (ACPI 6.5, section 5.2.5.1).
  static let acpiTables: Range<UInt64> = 0xe_0000..<0x10_0000
  /// RAM that nothing but boot code uses: descriptor tables, page tables, start information, command line.
  static let bootArea: Range<UInt64> = 0x1000..<0x4_0000
  /// Where kernels may be loaded from.
  static let kernelStart: UInt64 = 0x10_0000
}
