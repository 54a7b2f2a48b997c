internal import SortieDevices

/// The RAM of the PC and what of it operating systems may not use: what its firmware would report (e820; ACPI 6.5,
/// section 15).
struct MemoryMap {
  /// A range and what it is.
  struct Entry: Equatable {
    let range: Range<UInt64>
    let kind: Kind
  }

  /// ACPI 6.5, table 15.6; boot protocols use the same numbers.
  enum Kind: UInt32 {
    /// RAM, free.
    case usable = 1
    /// Not to be used or to be mapped over.
    case reserved = 2
  }

  /// End of the RAM below 4 GiB.
  let lowEnd: UInt64
  /// Bytes of RAM from 4 GiB up.
  let highBytes: UInt64

  /// The map of a PC with this RAM, more than 1 MiB of it.
  init(_ ram: GuestRAM) {
    precondition(ram.lowBytes > PCLayout.kernelStart && ram.lowBytes <= PCLayout.lowMemoryEnd)
    lowEnd = ram.lowBytes
    highBytes = ram.highBytes
  }

  /// Where kernels and initial RAM disks may lie.
  var kernelMemory: Range<UInt64> { PCLayout.kernelStart..<lowEnd }

  /// All ranges, sorted, without overlaps.
  var entries: [Entry] {
    let fourGiB: UInt64 = 1 << 32
    var entries = [
      Entry(range: 0..<PCLayout.conventionalMemoryEnd, kind: .usable),
      Entry(range: PCLayout.conventionalMemoryEnd..<0xa_0000, kind: .reserved),
      Entry(range: PCLayout.acpiTables, kind: .reserved),
      Entry(range: kernelMemory, kind: .usable),
      Entry(range: PCLayout.pciConfiguration, kind: .reserved),
    ]
    if highBytes > 0 { entries.append(Entry(range: fourGiB..<(fourGiB + highBytes), kind: .usable)) }
    return entries
  }
}
