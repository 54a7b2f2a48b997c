internal import CLinuxKVM
internal import Glibc

/// The open `/dev/kvm`: what this host's KVM can do, and the maker of virtual machines.
public struct KVMSystem: ~Copyable, Sendable {
  private let descriptor: OwnedDescriptor
  /// Bytes of the mapping that a vCPU's descriptor gives (KVM_GET_VCPU_MMAP_SIZE).
  public let vcpuRunSize: Int

  /// Opens the KVM device and checks that it speaks version 12 of the interface, the only stable one.
  ///
  /// - Throws: `KVMError` when the device is missing, not permitted, of another version, or maps too little.
  public init(path: String = "/dev/kvm") throws(KVMError) {
    let opened = open(path, O_RDWR | O_CLOEXEC)
    guard opened >= 0 else {
      throw KVMSystem.openError(path: path, errno: errno)
    }
    let owned = OwnedDescriptor(opened)
    vcpuRunSize = try KVMSystem.checkedRunSize(opened, path: path)
    descriptor = owned
  }

  private static func checkedRunSize(_ opened: Int32, path: String) throws(KVMError) -> Int {
    let version = try control(
      opened, SORTIE_KVM_GET_API_VERSION, "KVM_GET_API_VERSION on \(path)",
      hint: "this file is not a KVM device")
    guard version == KVM_API_VERSION else {
      throw KVMError(
        operation: "KVM_GET_API_VERSION", errno: 0,
        hint: "\(path) speaks version \(version), version \(KVM_API_VERSION) is needed")
    }
    let size = try control(opened, SORTIE_KVM_GET_VCPU_MMAP_SIZE, "KVM_GET_VCPU_MMAP_SIZE")
    guard size >= SORTIE_RUN_SIZE else {
      throw KVMError(
        operation: "KVM_GET_VCPU_MMAP_SIZE", errno: 0,
        hint: "the run page has \(size) bytes, at least \(SORTIE_RUN_SIZE) are needed")
    }
    return Int(size)
  }

  private static func openError(path: String, errno: Int32) -> KVMError {
    let hint =
      switch errno {
      case ENOENT:
        "load the KVM module (modprobe kvm_intel or kvm_amd), enable virtualization in the firmware, "
          + "or pass the device into the container (--device \(path))"
      case EACCES, EPERM: "run as root or join the group that owns \(path) (usermod -aG kvm USER)"
      case ENXIO, ENODEV: "the KVM module is not loaded or the CPU has no virtualization"
      default: ""
      }
    return KVMError(operation: "open \(path)", errno: errno, hint: hint)
  }

  /// The answer of KVM_CHECK_EXTENSION: 0 when absent, else 1 or a value that depends on the capability.
  public func capability(_ capability: KVMCapability) -> Int32 {
    max(0, sortie_ioctl_value(descriptor.rawValue, SORTIE_KVM_CHECK_EXTENSION, UInt(capability.rawValue)))
  }

  /// The CPUID leaves that this host and its KVM can give to a guest (KVM_GET_SUPPORTED_CPUID).
  public func supportedCPUID() throws(KVMError) -> CPUIDTable {
    var count = 128
    while true {
      do {
        return try CPUIDTable.read(capacity: count) { (buffer) throws(KVMError) in
          try control(
            descriptor.rawValue, SORTIE_KVM_GET_SUPPORTED_CPUID, "KVM_GET_SUPPORTED_CPUID", buffer: buffer)
        }
      } catch  where error.errno == E2BIG && count < 4096 {
        count *= 2
      }
    }
  }

  /// The model specific registers that a guest's state consists of (KVM_GET_MSR_INDEX_LIST).
  public func msrIndexList() throws(KVMError) -> [UInt32] {
    var count = 256
    while true {
      let buffer = UnsafeMutableRawPointer.allocate(
        byteCount: Int(SORTIE_MSR_LIST_HEADER_SIZE) + count * 4, alignment: 8)
      defer { buffer.deallocate() }
      buffer.storeBytes(of: UInt32(count), as: UInt32.self)
      do {
        try control(
          descriptor.rawValue, SORTIE_KVM_GET_MSR_INDEX_LIST, "KVM_GET_MSR_INDEX_LIST", buffer: buffer)
      } catch  where error.errno == E2BIG && count < 65536 {
        count *= 2
        continue
      }
      let found = min(count, Int(buffer.load(as: UInt32.self)))
      return (0..<found).map {
        buffer.load(fromByteOffset: Int(SORTIE_MSR_LIST_HEADER_SIZE) + $0 * 4, as: UInt32.self)
      }
    }
  }

  /// Makes an empty virtual machine: no memory, no interrupt controller, no vCPU (KVM_CREATE_VM).
  public func makeVM() throws(KVMError) -> VirtualMachine {
    let opened = try control(
      descriptor.rawValue, SORTIE_KVM_CREATE_VM, "KVM_CREATE_VM",
      hint: "another hypervisor may hold the CPU's virtualization, or memory is short")
    return VirtualMachine(descriptor: OwnedDescriptor(opened), vcpuRunSize: vcpuRunSize)
  }
}
