internal import CLinuxKVM
import Glibc
public import SortieDevices
internal import SystemPackage

/// The guest's RAM: one mapping in this process, guest physical address 0 at its start; what lies above 4 GiB follows
/// what lies below the hole for devices.
///
/// Every access takes a guest physical address that may come from the guest, so every access is checked; nothing here
/// can read or write outside the mapping. The kernel and the guest change the bytes at any time.
public struct GuestMemory: ~Copyable, @unchecked Sendable {
  /// The RAM as devices see it.
  public let ram: GuestRAM

  /// Maps `lowBytes` of RAM from address 0 and `highBytes` from 4 GiB, both multiples of the page size; nothing is
  /// touched yet.
  ///
  /// - Throws: ``MachineError/memory(_:bytes:errno:)`` when the kernel refuses.
  public init(
    lowBytes: UInt64, highBytes: UInt64 = 0, backing: MemoryBacking = .pages
  ) throws(MachineError) {
    let base = try Self.map(lowBytes + highBytes, backing)
    ram = GuestRAM(base: base, lowBytes: lowBytes, highBytes: highBytes)
  }

  deinit {
    munmap(ram.base, Int(byteCount))
  }

  /// First byte of the mapping, that is of guest physical address 0.
  public var base: UnsafeMutableRawPointer { ram.base }
  /// Bytes of RAM.
  public var byteCount: UInt64 { ram.lowBytes + ram.highBytes }

  private static func map(
    _ byteCount: UInt64, _ backing: MemoryBacking
  ) throws(MachineError) -> UnsafeMutableRawPointer {
    if backing == .transparentHugePages { return try mapAnonymous(byteCount) }
    let isHuge = backing == .hugePages
    let descriptor = isHuge ? sortie_memfd_huge("sortie-guest") : sortie_memfd("sortie-guest")
    guard descriptor >= 0 else {
      throw MachineError.memory("memfd_create", bytes: byteCount, errno: Errno(rawValue: -descriptor))
    }
    // The mapping keeps the file alive; the descriptor has done its work when this returns.
    defer { close(descriptor) }
    guard ftruncate(descriptor, Int(byteCount)) == 0 else {
      throw MachineError.memory("ftruncate", bytes: byteCount, errno: Errno(rawValue: errno))
    }
    // Huge pages are reserved now: a guest that touched one too many would end this process.
    let flags = isHuge ? MAP_SHARED : MAP_SHARED | MAP_NORESERVE
    let mapping = mmap(nil, Int(byteCount), PROT_READ | PROT_WRITE, flags, descriptor, 0)
    guard let mapping, mapping != MAP_FAILED else {
      if isHuge {
        let pages = byteCount >> 21
        throw MachineError.option(
          "--hugepages",
          "the host has not the \(pages) huge pages free that \(byteCount >> 20) MiB of memory take; set them aside with "
            + "`sysctl vm.nr_hugepages=\(pages)` or more")
      }
      throw MachineError.memory("mmap", bytes: byteCount, errno: Errno(rawValue: errno))
    }
    return mapping
  }

  /// Anonymous memory at a multiple of a huge page, so that guest and host pages coincide.
  private static func mapAnonymous(_ byteCount: UInt64) throws(MachineError) -> UnsafeMutableRawPointer {
    let hugePage = 2 << 20
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    let mapping = mmap(nil, Int(byteCount) + hugePage, PROT_READ | PROT_WRITE, flags, -1, 0)
    guard let mapping, mapping != MAP_FAILED else {
      throw MachineError.memory("mmap", bytes: byteCount, errno: Errno(rawValue: errno))
    }
    let skip = (hugePage - Int(bitPattern: mapping) % hugePage) % hugePage
    if skip > 0 { munmap(mapping, skip) }
    let base = mapping + skip
    munmap(base + Int(byteCount), hugePage - skip)
    // A kernel without huge pages refuses; then it is memory of small ones.
    madvise(base, Int(byteCount), MADV_HUGEPAGE)
    return base
  }

  /// Populates the pages of `range` now, so that the guest's first touch of them costs the host no page fault of its
  /// own. (The guest's stage-2 mapping is still made at its first touch: that fault belongs to what is measured.)
  ///
  /// - Throws: ``MachineError`` when the range is outside RAM or memory runs out.
  public borrowing func prefault(_ range: Range<UInt64>) throws(MachineError) {
    let pages = try bytes(at: range.lowerBound, count: range.upperBound - range.lowerBound)
    guard let start = pages.baseAddress, !pages.isEmpty else { return }
    // MADV_POPULATE_WRITE, Linux 5.14, asm-generic/mman-common.h.
    if madvise(start, pages.count, 23) == 0 { return }
    guard errno == EINVAL else {
      throw MachineError.memory("madvise", bytes: UInt64(pages.count), errno: Errno(rawValue: errno))
    }
    for offset in stride(from: 0, to: pages.count, by: 4096) {
      start.storeBytes(
        of: start.load(fromByteOffset: offset, as: UInt8.self), toByteOffset: offset, as: UInt8.self)
    }
  }

  /// The host's view of `count` bytes at guest physical address `address`.
  ///
  /// - Throws: ``MachineError/outsideMemory(address:count:memory:)`` when any byte lies outside RAM.
  public borrowing func bytes(
    at address: UInt64, count: UInt64
  ) throws(MachineError) -> UnsafeMutableRawBufferPointer {
    guard let bytes = ram.bytes(at: address, count: count) else {
      throw MachineError.outsideMemory(address: address, count: count, memory: byteCount)
    }
    return bytes
  }

  /// Stores `value`, little-endian as the processor is, at guest physical address `address`.
  ///
  /// - Throws: ``MachineError/outsideMemory(address:count:memory:)``.
  public borrowing func store<T: BitwiseCopyable>(_ value: T, at address: UInt64) throws(MachineError) {
    let target = try bytes(at: address, count: UInt64(MemoryLayout<T>.size))
    target.storeBytes(of: value, as: T.self)
  }

  /// Loads a value from guest physical address `address`.
  ///
  /// - Throws: ``MachineError/outsideMemory(address:count:memory:)``.
  public borrowing func load<T: BitwiseCopyable>(_ type: T.Type, at address: UInt64) throws(MachineError) -> T
  {
    try bytes(at: address, count: UInt64(MemoryLayout<T>.size)).loadUnaligned(as: T.self)
  }
}
