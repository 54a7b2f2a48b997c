internal import GuestABI

/// Where things lie in a guest's physical address space, from address 0 up: the machine's own pages (GDT, boot info,
/// page tables, boot stack), the image from 1 MiB, then free RAM, and carved from the top of RAM down: stamp rings,
/// stacks of the application processors, memory for I/O, cold memory.
///
/// The fixed addresses are those of `guest_abi.h`, which guests see.
public struct GuestLayout: Sendable {
  /// Bytes of RAM.
  public let memoryBytes: UInt64
  /// Where segments of an image may lie.
  public let image: Range<UInt64>
  /// RAM that nothing touches before the guest does; may be empty.
  public let cold: Range<UInt64>
  /// Memory for the I/O of the guest; may be empty.
  public let io: Range<UInt64>
  /// Stamp ring of each vCPU.
  public let rings: [Range<UInt64>]
  /// Top of the stack of each vCPU.
  public let stackTops: [UInt64]
  /// Entries of each stamp ring, a power of two.
  public let ringCapacity: UInt64

  /// Bytes of a page.
  public static let page: UInt64 = 4096
  /// Bytes of stack for a vCPU.
  public static let stackBytes: UInt64 = 64 << 10
  /// MiB of RAM a guest may have: above the machine's own pages and rings, below the MMIO hole.
  public static let memoryMiB: ClosedRange<Int> = 8...Int(SORTIE_MMIO_BASE >> 20)
  /// vCPUs a guest may have.
  public static let vcpus: ClosedRange<Int> = 1...Int(SORTIE_MAX_VCPUS)

  /// Lays out `memoryMiB` of RAM for `vcpuCount` vCPUs with stamp rings of `ringCapacity` entries, `coldBytes` of
  /// untouched memory and `ioBytes` for I/O (each rounded up to pages).
  ///
  /// - Throws: ``MachineError/configuration(_:value:allowed:)`` naming the setting that is out of range.
  public init(
    memoryMiB: Int, vcpuCount: Int, ringCapacity: Int = 1 << 14, coldBytes: UInt64 = 0, ioBytes: UInt64 = 0
  ) throws(MachineError) {
    guard Self.memoryMiB.contains(memoryMiB) else {
      throw .configuration(
        "--memory", value: "\(memoryMiB) MiB",
        allowed: "from \(Self.memoryMiB.lowerBound) to \(Self.memoryMiB.upperBound) MiB")
    }
    guard Self.vcpus.contains(vcpuCount) else {
      throw .configuration(
        "--vcpus", value: "\(vcpuCount)", allowed: "from \(Self.vcpus.lowerBound) to \(Self.vcpus.upperBound)"
      )
    }
    precondition(ringCapacity > 0 && ringCapacity & (ringCapacity - 1) == 0)
    memoryBytes = UInt64(memoryMiB) << 20
    self.ringCapacity = UInt64(ringCapacity)

    var top = memoryBytes
    func carve(_ bytes: UInt64) throws(MachineError) -> Range<UInt64> {
      let rounded = (bytes + Self.page - 1) & ~(Self.page - 1)
      // At least 1 MiB stays for the image.
      guard rounded <= top - UInt64(SORTIE_IMAGE_MIN_GPA),
        top - rounded >= UInt64(SORTIE_IMAGE_MIN_GPA) + 1 << 20
      else {
        throw .configuration(
          "--memory", value: "\(memoryMiB) MiB",
          allowed: "this guest needs \(bytes >> 10) KiB more than it leaves; give more --memory")
      }
      top -= rounded
      return top..<(top + rounded)
    }
    guard coldBytes <= memoryBytes else {
      throw .configuration(
        "--memory", value: "\(memoryMiB) MiB",
        allowed:
          "the guest is to touch \(coldBytes >> 20) MiB for the first time; give more --memory or fewer --iterations"
      )
    }
    cold = try carve(coldBytes)
    io = try carve(ioBytes)
    var rings: [Range<UInt64>] = []
    var stackTops: [UInt64] = [UInt64(SORTIE_BOOT_STACK_TOP_GPA)]
    for index in 0..<vcpuCount {
      let entries = self.ringCapacity * UInt64(MemoryLayout<sortie_stamp>.size)
      rings.append(try carve(UInt64(MemoryLayout<sortie_stamp_ring>.size) + entries))
      if index > 0 { stackTops.append(try carve(Self.stackBytes).upperBound) }
    }
    self.rings = rings
    self.stackTops = stackTops
    image = UInt64(SORTIE_IMAGE_MIN_GPA)..<top
  }
}
