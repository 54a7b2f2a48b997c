internal import CLinuxKVM

/// A run of model specific registers and which of them KVM may handle itself.
public struct MSRFilterRange: Equatable, Sendable {
  /// Which accesses a range speaks of.
  public struct Access: OptionSet, Hashable, Sendable {
    /// The kernel's bits.
    public let rawValue: UInt32

    /// The accesses with these bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// RDMSR.
    public static let read = Access(rawValue: 1)
    /// WRMSR.
    public static let write = Access(rawValue: 2)
  }

  /// The first register's number.
  public var base: UInt32
  /// How many registers follow one another from `base` on.
  public var count: UInt32
  /// The accesses that the bitmap decides.
  public var access: Access
  /// One bit for each register, the first in bit 0 of byte 0: 1 allows, 0 denies.
  public var allowed: [UInt8]

  /// A run whose bitmap is given.
  public init(base: UInt32, count: UInt32, access: Access, allowed: [UInt8]) {
    self.base = base
    self.count = count
    self.access = access
    self.allowed = allowed
  }

  /// A run that is denied as a whole.
  public static func deny(_ base: UInt32, count: UInt32 = 1, access: Access = [.read, .write])
    -> MSRFilterRange
  {
    let size = min(Int(count), maximumCount) / 8 + 1
    return MSRFilterRange(
      base: base, count: count, access: access, allowed: [UInt8](repeating: 0, count: size))
  }

  /// The kernel's bound on a range: its bitmap has at most KVM_MSR_FILTER_MAX_BITMAP_SIZE (1536) bytes.
  static let maximumCount = 0x600 * 8

  static func withKernelLayout(
    defaultAllow: Bool, _ ranges: [MSRFilterRange], _ body: (inout kvm_msr_filter) throws(KVMError) -> Void
  ) throws(KVMError) {
    guard ranges.count <= Int(KVM_MSR_FILTER_MAX_RANGES) else {
      throw KVMError(
        operation: "KVM_X86_SET_MSR_FILTER", errno: 0,
        hint: "\(ranges.count) ranges, the call takes \(KVM_MSR_FILTER_MAX_RANGES)")
    }
    for range in ranges {
      guard range.count > 0, Int(range.count) <= maximumCount, range.allowed.count * 8 >= Int(range.count)
      else {
        throw KVMError(
          operation: "KVM_X86_SET_MSR_FILTER", errno: 0,
          hint: "the range at 0x\(String(range.base, radix: 16)) has \(range.count) registers "
            + "(1 to \(maximumCount)) and \(range.allowed.count) bytes of bitmap")
      }
    }
    let bitmaps = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, ranges.count) * (maximumCount / 8))
    defer { bitmaps.deallocate() }
    var raw = kvm_msr_filter()
    raw.flags = defaultAllow ? UInt32(KVM_MSR_FILTER_DEFAULT_ALLOW) : UInt32(KVM_MSR_FILTER_DEFAULT_DENY)
    withUnsafeMutableBytes(of: &raw.ranges) { bytes in
      let slots = bytes.bindMemory(to: kvm_msr_filter_range.self)
      for (position, range) in ranges.enumerated() {
        let bitmap = bitmaps + position * (maximumCount / 8)
        for (offset, byte) in range.allowed.prefix(maximumCount / 8).enumerated() {
          bitmap[offset] = byte
        }
        slots[position].flags = range.access.rawValue
        slots[position].nmsrs = range.count
        slots[position].base = range.base
        slots[position].bitmap = bitmap
      }
    }
    try body(&raw)
  }
}
