internal import CLinuxKVM
internal import Synchronization

/// KVM_MEM_*: how a memory slot behaves.
public struct MemorySlotFlags: OptionSet, Sendable {
  /// The kernel's bits.
  public let rawValue: UInt32

  /// The flags with these bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Note which pages the guest writes.
  public static let logDirtyPages = MemorySlotFlags(rawValue: 1)
  /// Guest writes leave as MMIO.
  public static let readOnly = MemorySlotFlags(rawValue: 2)
}

extension VirtualMachine {
  /// Maps `size` bytes of host memory at guest physical `guestPhysical`, as slot `slot`; a size of 0 removes the
  /// slot (KVM_SET_USER_MEMORY_REGION). The host memory must stay mapped while the slot exists.
  ///
  /// - Throws: `KVMError` for addresses or sizes that are not whole pages, ranges past the end of the address
  ///   space or over another slot.
  public func setMemory(
    slot: UInt32, guestPhysical: UInt64, host: UnsafeMutableRawPointer, size: UInt64,
    flags: MemorySlotFlags = []
  ) throws(KVMError) {
    let place = "slot \(slot), \(size) bytes at guest physical 0x\(String(guestPhysical, radix: 16))"
    let (end, overflow) = guestPhysical.addingReportingOverflow(size)
    guard !overflow else {
      throw KVMError(
        operation: "KVM_SET_USER_MEMORY_REGION", errno: 0, hint: "\(place) ends past the 64-bit address space"
      )
    }
    guard (guestPhysical | size | UInt64(UInt(bitPattern: host))) & 4095 == 0 else {
      throw KVMError(
        operation: "KVM_SET_USER_MEMORY_REGION", errno: 0,
        hint: "\(place) from host address \(host) is not made of whole 4096-byte pages")
    }
    var raw = kvm_userspace_memory_region()
    raw.slot = slot
    raw.flags = flags.rawValue
    raw.guest_phys_addr = guestPhysical
    raw.memory_size = size
    raw.userspace_addr = UInt64(UInt(bitPattern: host))
    try slotSizes.withLock { (sizes) throws(KVMError) in
      try control(
        fileDescriptor, SORTIE_KVM_SET_USER_MEMORY_REGION, "KVM_SET_USER_MEMORY_REGION", &raw,
        hint: "\(place), which ends at 0x\(String(end, radix: 16)), may overlap another slot")
      sizes[slot] = size == 0 ? nil : size
    }
  }

  /// One bit for each page of the slot, set where the guest wrote since the last call (KVM_GET_DIRTY_LOG).
  ///
  /// - Throws: `KVMError` for a slot that does not exist or does not log.
  public func dirtyLog(slot: UInt32) throws(KVMError) -> [UInt64] {
    let words = slotSizes.withLock { sizes in Self.dirtyWords(sizes[slot] ?? 0) }
    let bitmap = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: words)
    defer { bitmap.deallocate() }
    bitmap.initialize(repeating: 0)
    try takeDirtyLog(slot: slot, into: bitmap)
    return Array(bitmap)
  }

  /// As ``dirtyLog(slot:)``, into the first words of `bitmap` and without allocating.
  ///
  /// - Throws: `KVMError` for a slot that does not exist, does not log or has more pages than `bitmap` bits.
  public func takeDirtyLog(slot: UInt32, into bitmap: UnsafeMutableBufferPointer<UInt64>) throws(KVMError) {
    try slotSizes.withLock { (sizes) throws(KVMError) in
      guard let size = sizes[slot], Self.dirtyWords(size) <= bitmap.count else {
        let hint = sizes[slot].map { "the bitmap is too small for \($0) bytes" } ?? "there is no slot \(slot)"
        throw KVMError(operation: "KVM_GET_DIRTY_LOG", errno: 0, hint: hint)
      }
      var raw = kvm_dirty_log()
      raw.slot = slot
      raw.dirty_bitmap = UnsafeMutableRawPointer(bitmap.baseAddress)
      let result = sortie_ioctl_pointer(fileDescriptor, SORTIE_KVM_GET_DIRTY_LOG, &raw)
      guard result >= 0 else {
        throw KVMError(
          operation: "KVM_GET_DIRTY_LOG", errno: -result,
          hint: "slot \(slot) must have the flag logDirtyPages")
      }
    }
  }

  /// 64-bit words that KVM fills for a slot of `size` bytes.
  private static func dirtyWords(_ size: UInt64) -> Int { Int(size / 4096 + 63) / 64 }

  /// Where KVM may put three pages for Intel's real mode; before the first vCPU (KVM_SET_TSS_ADDR).
  public func setTSSAddress(_ address: UInt32) throws(KVMError) {
    try control(
      fileDescriptor, SORTIE_KVM_SET_TSS_ADDR, "KVM_SET_TSS_ADDR 0x\(String(address, radix: 16))",
      value: UInt(address))
  }

  /// Where KVM may put one page for Intel's identity map; before the first vCPU (KVM_SET_IDENTITY_MAP_ADDR).
  public func setIdentityMapAddress(_ address: UInt64) throws(KVMError) {
    var raw = address
    try control(
      fileDescriptor, SORTIE_KVM_SET_IDENTITY_MAP_ADDR,
      "KVM_SET_IDENTITY_MAP_ADDR 0x\(String(address, radix: 16))", &raw)
  }
}
