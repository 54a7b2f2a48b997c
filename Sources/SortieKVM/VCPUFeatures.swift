internal import CLinuxKVM
internal import Glibc

/// A model specific register's number and value.
public struct MSRValue: Equatable, Sendable {
  /// The register's number.
  public var index: UInt32
  /// Its value.
  public var value: UInt64

  /// Register `index` with `value`.
  public init(index: UInt32, value: UInt64) {
    self.index = index
    self.value = value
  }
}

extension VCPU {
  /// Gives the guest its CPUID leaves; before the first run (KVM_SET_CPUID2).
  public func setCPUID(_ table: CPUIDTable) throws(KVMError) {
    _ = try table.withKernelLayout { (buffer) throws(KVMError) in
      try control(
        fileDescriptor, SORTIE_KVM_SET_CPUID2, "KVM_SET_CPUID2 of vCPU \(id)", buffer: buffer,
        hint: "\(table.entries.count) leaves; they cannot change once the vCPU has run")
    }
  }

  /// Gives the guest its CPUID leaves, with `apicID` in those that carry it.
  public func setCPUID(_ table: CPUIDTable, apicID: UInt32) throws(KVMError) {
    try setCPUID(table.forVCPU(apicID: apicID))
  }

  /// One model specific register (KVM_GET_MSRS); nil where KVM does not know it.
  public func msr(_ index: UInt32) throws(KVMError) -> UInt64? {
    try msrs([index]).first?.value
  }

  /// Model specific registers, up to the first that KVM does not know (KVM_GET_MSRS).
  public func msrs(_ indices: [UInt32]) throws(KVMError) -> [MSRValue] {
    let buffer = VCPU.msrBuffer(indices.map { MSRValue(index: $0, value: 0) })
    defer { buffer.deallocate() }
    let done = try control(fileDescriptor, SORTIE_KVM_GET_MSRS, "KVM_GET_MSRS of vCPU \(id)", buffer: buffer)
    return indices.prefix(Int(done)).enumerated().map { position, index in
      let entry = buffer.load(
        fromByteOffset: Int(SORTIE_MSRS_HEADER_SIZE) + position * Int(SORTIE_MSR_ENTRY_SIZE),
        as: kvm_msr_entry.self)
      return MSRValue(index: index, value: entry.data)
    }
  }

  /// Sets model specific registers (KVM_SET_MSRS).
  ///
  /// - Throws: `KVMError` naming the first register that KVM refused.
  public func setMSRs(_ values: [MSRValue]) throws(KVMError) {
    let buffer = VCPU.msrBuffer(values)
    defer { buffer.deallocate() }
    let done = Int(
      try control(fileDescriptor, SORTIE_KVM_SET_MSRS, "KVM_SET_MSRS of vCPU \(id)", buffer: buffer))
    guard done == values.count else {
      let refused = values[min(done, values.count - 1)]
      throw KVMError(
        operation: "KVM_SET_MSRS of vCPU \(id)", errno: 0,
        hint:
          "KVM refused 0x\(String(refused.value, radix: 16)) for MSR 0x\(String(refused.index, radix: 16))")
    }
  }

  private static func msrBuffer(_ values: [MSRValue]) -> UnsafeMutableRawPointer {
    let size = Int(SORTIE_MSRS_HEADER_SIZE) + values.count * Int(SORTIE_MSR_ENTRY_SIZE)
    let buffer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
    buffer.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    buffer.storeBytes(of: UInt32(values.count), as: UInt32.self)
    for (position, value) in values.enumerated() {
      buffer.storeBytes(
        of: kvm_msr_entry(index: value.index, reserved: 0, data: value.value),
        toByteOffset: Int(SORTIE_MSRS_HEADER_SIZE) + position * Int(SORTIE_MSR_ENTRY_SIZE),
        as: kvm_msr_entry.self)
    }
    return buffer
  }

  /// Guest TSC frequency, kHz (KVM_GET_TSC_KHZ).
  public func tscKHz() throws(KVMError) -> UInt32 {
    UInt32(try control(fileDescriptor, SORTIE_KVM_GET_TSC_KHZ, "KVM_GET_TSC_KHZ of vCPU \(id)"))
  }

  /// Sets the guest's TSC frequency, kHz (KVM_SET_TSC_KHZ).
  public func setTSCKHz(_ frequency: UInt32) throws(KVMError) {
    try control(
      fileDescriptor, SORTIE_KVM_SET_TSC_KHZ, "KVM_SET_TSC_KHZ \(frequency) of vCPU \(id)",
      value: UInt(frequency),
      hint: "only the host's own frequency where KVM_CAP_TSC_CONTROL is absent")
  }

  /// Cycles that KVM adds to the host's TSC to make the guest's; nil where the host does not tell
  /// (KVM_VCPU_TSC_CTRL, KVM_VCPU_TSC_OFFSET).
  public func tscOffset() throws(KVMError) -> UInt64? {
    guard hasTSCOffset() else { return nil }
    var offset: UInt64 = 0
    try tscAttribute(SORTIE_KVM_GET_DEVICE_ATTR, "KVM_GET_DEVICE_ATTR TSC offset", &offset)
    return offset
  }

  /// Sets the cycles between host and guest TSC.
  ///
  /// - Returns: false where the host has no such attribute.
  @discardableResult
  public func setTSCOffset(_ offset: UInt64) throws(KVMError) -> Bool {
    guard hasTSCOffset() else { return false }
    var value = offset
    try tscAttribute(SORTIE_KVM_SET_DEVICE_ATTR, "KVM_SET_DEVICE_ATTR TSC offset", &value)
    return true
  }

  private func hasTSCOffset() -> Bool {
    var attribute = kvm_device_attr()
    attribute.group = UInt32(KVM_VCPU_TSC_CTRL)
    attribute.attr = UInt64(KVM_VCPU_TSC_OFFSET)
    return sortie_ioctl_pointer(fileDescriptor, SORTIE_KVM_HAS_DEVICE_ATTR, &attribute) == 0
  }

  private func tscAttribute(_ request: UInt, _ name: String, _ value: inout UInt64) throws(KVMError) {
    var attribute = kvm_device_attr()
    attribute.group = UInt32(KVM_VCPU_TSC_CTRL)
    attribute.attr = UInt64(KVM_VCPU_TSC_OFFSET)
    let result = withUnsafeMutablePointer(to: &value) { pointer in
      attribute.addr = UInt64(UInt(bitPattern: pointer))
      return sortie_ioctl_pointer(fileDescriptor, request, &attribute)
    }
    guard result >= 0 else {
      throw KVMError(operation: "\(name) of vCPU \(id)", errno: -result)
    }
  }
}
