/// What lies where in `PCLayout.bootArea`: what the boot processor needs until the operating system has its own.
enum BootArea {
  /// The GDT.
  static let descriptors: UInt64 = 0x1000
  /// The kernel's start information: zero page, `hvm_start_info` or Multiboot information, with its tables.
  static let information: UInt64 = 0x2000
  /// Page tables of ``IdentityMap``.
  static let pageTables: UInt64 = 0x8000
  /// The command line with its NUL.
  static let commandLine = 0x1_0000..<PCLayout.bootArea.upperBound
}
