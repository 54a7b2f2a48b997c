internal import CLinuxKVM
import Glibc
internal import SystemPackage

/// The guest's RAM: one anonymous file (memfd) mapped into this process, guest physical address 0 at its start.
///
/// Every access takes a guest physical address that may come from the guest, so every access is checked; nothing here
/// can read or write outside the mapping. The kernel and the guest change the bytes at any time.
public struct GuestMemory: ~Copyable, @unchecked Sendable {
  /// First byte of the mapping, that is of guest physical address 0.
  public let base: UnsafeMutableRawPointer
  /// Bytes of RAM.
  public let byteCount: UInt64

  /// Maps `byteCount` bytes of RAM, a multiple of the page size; nothing is touched yet.
  ///
  /// - Throws: ``MachineError/memory(_:bytes:errno:)`` when the kernel refuses.
  public init(byteCount: UInt64) throws(MachineError) {
    let descriptor = sortie_memfd("sortie-guest")
    guard descriptor >= 0 else {
      throw MachineError.memory("memfd_create", bytes: byteCount, errno: Errno(rawValue: -descriptor))
    }
    // The mapping keeps the file alive; the descriptor has done its work when this returns.
    defer { close(descriptor) }
    guard ftruncate(descriptor, Int(byteCount)) == 0 else {
      throw MachineError.memory("ftruncate", bytes: byteCount, errno: Errno(rawValue: errno))
    }
    let mapping = mmap(nil, Int(byteCount), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, descriptor, 0)
    guard let mapping, mapping != MAP_FAILED else {
      throw MachineError.memory("mmap", bytes: byteCount, errno: Errno(rawValue: errno))
    }
    self.base = mapping
    self.byteCount = byteCount
  }

  deinit {
    munmap(base, Int(byteCount))
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
    guard count <= byteCount, address <= byteCount - count else {
      throw MachineError.outsideMemory(address: address, count: count, memory: byteCount)
    }
    return UnsafeMutableRawBufferPointer(start: base + Int(address), count: Int(count))
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
