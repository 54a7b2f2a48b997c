public import SortieDevices
public import SortieKVM
public import SortieTrace
public import SystemPackage

/// Why a machine could not be built or run; each prints as one sentence with the value and, where there is one, the fix.
public enum MachineError: Error, CustomStringConvertible {
  /// A KVM call failed.
  case kvm(KVMError)
  /// Two devices claim the same addresses, or a range is absurd.
  case bus(BusError)
  /// The PCI functions do not fit.
  case pci(PCIError)
  /// What an option asks for cannot be had: the option, and why.
  case option(String, String)
  /// A host resource that a device needs cannot be had.
  case host(HostError)
  /// The guest image cannot be loaded.
  case image(ImageError)
  /// The operating system cannot be booted.
  case boot(BootError)
  /// Guest RAM of so many bytes could not be had.
  case memory(String, bytes: UInt64, errno: Errno)
  /// An address range outside guest RAM.
  case outsideMemory(address: UInt64, count: UInt64, memory: UInt64)
  /// A setting outside what the machine supports: its name, the value, what is allowed.
  case configuration(String, value: String, allowed: String)
  /// This host's KVM lacks something the machine needs.
  case missing(capability: String, purpose: String)
  /// The ring between a vCPU and the trace writer could not be made.
  case trace(TraceError)
  /// A system call failed.
  case system(String, errno: Errno)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .kvm(let error): "\(error)"
    case .bus(let error): "\(error)"
    case .pci(let error): "\(error)"
    case .option(let option, let problem): "\(option): \(problem)"
    case .host(let error): "\(error)"
    case .image(let error): "\(error)"
    case .boot(let error): "\(error)"
    case .memory(let call, let bytes, let errno):
      "cannot allocate \(bytes >> 20) MiB of guest memory: \(call): \(errno); try a smaller --memory"
    case .outsideMemory(let address, let count, let memory):
      "guest physical address 0x\(String(address, radix: 16)) (\(count) bytes) lies outside the guest's \(memory >> 20) MiB"
    case .configuration(let name, let value, let allowed):
      "\(name) \(value) is not possible: \(allowed)"
    case .missing(let capability, let purpose):
      "this host's KVM has no \(capability), which is needed for \(purpose)"
    case .trace(let error): "\(error)"
    case .system(let call, let errno): "\(call): \(errno)"
    }
  }
}
