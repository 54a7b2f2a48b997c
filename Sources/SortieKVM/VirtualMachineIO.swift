internal import CLinuxKVM

/// The two address spaces of guest I/O.
public enum IOAddressSpace: Hashable, Sendable {
  /// The 64 Ki ports.
  case pio
  /// Guest physical memory.
  case mmio
}

extension VirtualMachine {
  /// Turns guest writes to `address` into signals of `event`, without a return to user space (KVM_IOEVENTFD).
  ///
  /// - Parameters:
  ///   - length: bytes of the write: 1, 2, 4 or 8, or 0 for any.
  ///   - datamatch: only writes of this value.
  /// - Throws: `KVMError` for another length, or where an event with the same match exists.
  public func assignIOEventFD(
    _ event: borrowing EventFD, address: UInt64, length: UInt32, datamatch: UInt64? = nil,
    kind: IOAddressSpace
  ) throws(KVMError) {
    try ioEventFD(event.fileDescriptor, address, length, datamatch, kind, flags: 0)
  }

  /// Ends what `assignIOEventFD` began, with the same arguments.
  public func deassignIOEventFD(
    _ event: borrowing EventFD, address: UInt64, length: UInt32, datamatch: UInt64? = nil,
    kind: IOAddressSpace
  ) throws(KVMError) {
    try ioEventFD(
      event.fileDescriptor, address, length, datamatch, kind,
      flags: 1 << UInt32(kvm_ioeventfd_flag_nr_deassign))
  }

  /// As the two above, for an eventfd that is owned elsewhere.
  public func setIOEventFD(
    _ descriptor: Int32, address: UInt64, length: UInt32, kind: IOAddressSpace, isAssigned: Bool
  ) throws(KVMError) {
    try ioEventFD(
      descriptor, address, length, nil, kind,
      flags: isAssigned ? 0 : 1 << UInt32(kvm_ioeventfd_flag_nr_deassign))
  }

  private func ioEventFD(
    _ event: Int32, _ address: UInt64, _ length: UInt32, _ datamatch: UInt64?, _ kind: IOAddressSpace,
    flags: UInt32
  ) throws(KVMError) {
    var raw = kvm_ioeventfd()
    raw.fd = event
    raw.addr = address
    raw.len = length
    raw.flags = flags
    if kind == .pio {
      raw.flags |= 1 << UInt32(kvm_ioeventfd_flag_nr_pio)
    }
    if let datamatch {
      raw.datamatch = datamatch
      raw.flags |= 1 << UInt32(kvm_ioeventfd_flag_nr_datamatch)
    }
    try control(
      fileDescriptor, SORTIE_KVM_IOEVENTFD, "KVM_IOEVENTFD \(kind) 0x\(String(address, radix: 16))/\(length)",
      &raw,
      hint: "the length is 0 (any), 1, 2, 4 or 8 and no other event has the same match")
  }

  /// Collects guest writes to a zone in the coalesced ring instead of returning to user space for each.
  public func registerCoalesced(address: UInt64, size: UInt32, pio: Bool) throws(KVMError) {
    try coalesced(SORTIE_KVM_REGISTER_COALESCED_MMIO, "KVM_REGISTER_COALESCED_MMIO", address, size, pio)
  }

  /// Ends what `registerCoalesced` began: every zone inside the range goes.
  public func unregisterCoalesced(address: UInt64, size: UInt32, pio: Bool) throws(KVMError) {
    try coalesced(SORTIE_KVM_UNREGISTER_COALESCED_MMIO, "KVM_UNREGISTER_COALESCED_MMIO", address, size, pio)
  }

  private func coalesced(
    _ request: UInt, _ name: String, _ address: UInt64, _ size: UInt32, _ pio: Bool
  ) throws(KVMError) {
    var raw = kvm_coalesced_mmio_zone()
    raw.addr = address
    raw.size = size
    raw.pio = pio ? 1 : 0
    try control(
      fileDescriptor, request, "\(name) \(pio ? "pio" : "mmio") 0x\(String(address, radix: 16))/\(size)",
      &raw,
      hint: "the ring exists once the VM has a vCPU")
  }

  /// Lets MSR accesses leave to user space for these causes instead of faulting in the guest
  /// (KVM_CAP_X86_USER_SPACE_MSR).
  public func enableUserSpaceMSR(_ reasons: MSRExitReasons) throws(KVMError) {
    try enableCapability(.userSpaceMSR, UInt64(reasons.rawValue))
  }

  /// Which MSR accesses KVM handles itself (KVM_X86_SET_MSR_FILTER). Those it does not fault in the guest, or
  /// leave to user space with `enableUserSpaceMSR(.filter)`. No ranges and `defaultAllow` removes the filter.
  /// KVM never filters the x2APIC registers (0x800 to 0x8ff).
  ///
  /// - Throws: `KVMError` for more than 16 ranges, an empty one, or one whose bitmap is too short.
  public func setMSRFilter(defaultAllow: Bool, _ ranges: [MSRFilterRange]) throws(KVMError) {
    try MSRFilterRange.withKernelLayout(defaultAllow: defaultAllow, ranges) { (raw) throws(KVMError) in
      try control(
        fileDescriptor, SORTIE_KVM_X86_SET_MSR_FILTER, "KVM_X86_SET_MSR_FILTER", &raw,
        hint: "\(ranges.count) ranges; they must not be empty or all-allowed with a default of allow")
    }
  }
}
