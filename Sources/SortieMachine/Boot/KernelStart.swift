/// What a kernel is told at entry, whatever its boot protocol. Its command line is at ``BootArea/commandLine``,
/// ACPI's tables at ``ACPITables/rootPointer``.
struct KernelStart {
  /// RAM.
  let memory: MemoryMap
  /// Where the initial RAM disk lies, if there is one.
  let initrd: Range<UInt64>?
}
