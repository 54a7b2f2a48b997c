/// A capability of KVM, asked for with KVM_CHECK_EXTENSION.
public struct KVMCapability: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// The number of `KVM_CAP_*` (include/uapi/linux/kvm.h).
  public let rawValue: UInt32

  /// The capability with this number.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The PIC, I/O APIC and local APICs live in the kernel.
  public static let irqchip = KVMCapability(rawValue: 0)
  /// Guest memory is memory of this process.
  public static let userMemory = KVMCapability(rawValue: 3)
  /// Three pages for Intel's real mode can be placed.
  public static let setTSSAddress = KVMCapability(rawValue: 4)
  /// CPUID leaves of the guest are set one by one.
  public static let extendedCPUID = KVMCapability(rawValue: 7)
  /// How many vCPUs a VM should have at most.
  public static let recommendedVCPUs = KVMCapability(rawValue: 9)
  /// How many memory slots a VM can have.
  public static let memorySlots = KVMCapability(rawValue: 10)
  /// What a vCPU waits for can be read and set.
  public static let mpState = KVMCapability(rawValue: 14)
  /// MMIO writes can be collected in a ring; the value is the ring's page.
  public static let coalescedMMIO = KVMCapability(rawValue: 15)
  /// Changes of host mappings reach the guest.
  public static let syncMMU = KVMCapability(rawValue: 16)
  /// User space can send NMIs.
  public static let userNMI = KVMCapability(rawValue: 22)
  /// Breakpoints and single steps.
  public static let guestDebug = KVMCapability(rawValue: 23)
  /// Interrupts can be routed; the value is the number of routes.
  public static let irqRouting = KVMCapability(rawValue: 25)
  /// Machine check banks.
  public static let mce = KVMCapability(rawValue: 31)
  /// Interrupts from eventfds, without an ioctl.
  public static let irqfd = KVMCapability(rawValue: 32)
  /// The i8254 timer lives in the kernel.
  public static let pit2 = KVMCapability(rawValue: 33)
  /// Guest writes become eventfd signals, without a return to user space.
  public static let ioeventfd = KVMCapability(rawValue: 36)
  /// One page for Intel's identity map can be placed.
  public static let setIdentityMapAddress = KVMCapability(rawValue: 37)
  /// The paravirtual clock can be read and set.
  public static let adjustClock = KVMCapability(rawValue: 39)
  /// Internal errors carry data.
  public static let internalErrorData = KVMCapability(rawValue: 40)
  /// Pending events of a vCPU can be read and set.
  public static let vcpuEvents = KVMCapability(rawValue: 41)
  /// Debug registers can be read and set.
  public static let debugRegisters = KVMCapability(rawValue: 50)
  /// Capabilities can be turned on for a vCPU.
  public static let enableCapability = KVMCapability(rawValue: 54)
  /// Extended state can be read and set.
  public static let xsave = KVMCapability(rawValue: 55)
  /// Extended control registers can be read and set.
  public static let xcrs = KVMCapability(rawValue: 56)
  /// A guest can run on while the host pages in.
  public static let asyncPageFaults = KVMCapability(rawValue: 59)
  /// The guest's TSC frequency can differ from the host's.
  public static let tscControl = KVMCapability(rawValue: 60)
  /// The guest's TSC frequency can be read.
  public static let getTSCKHz = KVMCapability(rawValue: 61)
  /// How many vCPUs a VM can have.
  public static let maxVCPUs = KVMCapability(rawValue: 66)
  /// The local APIC timer has its TSC deadline mode.
  public static let tscDeadlineTimer = KVMCapability(rawValue: 72)
  /// Registers are exchanged through the run page; the value is the set of classes.
  public static let syncRegisters = KVMCapability(rawValue: 74)
  /// Message signalled interrupts can be sent.
  public static let signalMSI = KVMCapability(rawValue: 77)
  /// Memory slots can be read-only.
  public static let readonlyMemory = KVMCapability(rawValue: 81)
  /// Level-triggered interrupts from eventfds.
  public static let irqfdResample = KVMCapability(rawValue: 82)
  /// In-kernel devices with attributes.
  public static let deviceControl = KVMCapability(rawValue: 89)
  /// Capabilities can be turned on for a VM.
  public static let enableCapabilityVM = KVMCapability(rawValue: 98)
  /// ioeventfds that match a write of any length.
  public static let ioeventfdNoLength = KVMCapability(rawValue: 100)
  /// Capabilities can be asked of a VM.
  public static let checkExtensionVM = KVMCapability(rawValue: 105)
  /// Deviations from the architecture can be turned off.
  public static let disableQuirks = KVMCapability(rawValue: 116)
  /// System management mode.
  public static let smm = KVMCapability(rawValue: 117)
  /// Local APICs in the kernel, PIC and I/O APIC in user space.
  public static let splitIRQChip = KVMCapability(rawValue: 121)
  /// MMIO ioeventfds of length 0.
  public static let ioeventfdAnyLength = KVMCapability(rawValue: 122)
  /// Hyper-V's synthetic interrupt controller.
  public static let hyperVSynIC = KVMCapability(rawValue: 123)
  /// A vCPU has attributes, its TSC offset among them.
  public static let vcpuAttributes = KVMCapability(rawValue: 127)
  /// How many vCPU ids there are.
  public static let maxVCPUID = KVMCapability(rawValue: 128)
  /// 32-bit APIC ids.
  public static let x2APIC = KVMCapability(rawValue: 129)
  /// KVM_RUN can be made to return at once.
  public static let immediateExit = KVMCapability(rawValue: 136)
  /// HLT, PAUSE and others can be left to the guest; the value is the set.
  public static let disableExits = KVMCapability(rawValue: 143)
  /// Feature MSRs of the host can be read.
  public static let msrFeatures = KVMCapability(rawValue: 153)
  /// Nested virtualization: its state can be read and set.
  public static let nestedState = KVMCapability(rawValue: 157)
  /// Port writes can be collected in the ring.
  public static let coalescedPIO = KVMCapability(rawValue: 162)
  /// Pending exceptions carry their payload.
  public static let exceptionPayload = KVMCapability(rawValue: 164)
  /// The dirty log can be cleared in parts.
  public static let manualDirtyLog = KVMCapability(rawValue: 168)
  /// The guest's performance events can be restricted.
  public static let pmuEventFilter = KVMCapability(rawValue: 173)
  /// The time to poll before a halt blocks can be set per VM.
  public static let haltPoll = KVMCapability(rawValue: 182)
  /// Asynchronous page faults arrive as interrupts.
  public static let asyncPageFaultInterrupt = KVMCapability(rawValue: 183)
  /// The host's CPU before an entry failure is reported.
  public static let lastCPU = KVMCapability(rawValue: 184)
  /// The guest learns how long it was kept from running.
  public static let stealTime = KVMCapability(rawValue: 187)
  /// MSR accesses can go to user space; the value is the set of causes.
  public static let userSpaceMSR = KVMCapability(rawValue: 188)
  /// MSR accesses can be filtered.
  public static let msrFilter = KVMCapability(rawValue: 189)
  /// Dirty pages in rings; the value is the largest ring in bytes.
  public static let dirtyRing = KVMCapability(rawValue: 192)
  /// Bus locks of the guest can leave to user space.
  public static let busLockExit = KVMCapability(rawValue: 193)
  /// Which debug facilities there are.
  public static let guestDebug2 = KVMCapability(rawValue: 195)
  /// Special registers with the page directory pointers.
  public static let sregs2 = KVMCapability(rawValue: 200)
  /// Hypercalls can go to user space; the value is the set.
  public static let exitHypercall = KVMCapability(rawValue: 201)
  /// Statistics of VM and vCPU as self-describing files.
  public static let binaryStatistics = KVMCapability(rawValue: 203)
  /// What KVM cannot emulate can leave to user space.
  public static let exitOnEmulationFailure = KVMCapability(rawValue: 204)
  /// Width of guest physical addresses.
  public static let guestPhysicalBits = KVMCapability(rawValue: 207)
  /// Bytes of the extended state.
  public static let xsave2 = KVMCapability(rawValue: 208)
  /// /dev/kvm has attributes.
  public static let systemAttributes = KVMCapability(rawValue: 209)
  /// The guest's PMU can be turned off.
  public static let pmuCapability = KVMCapability(rawValue: 212)
  /// Quirks can be turned off; the value is the set.
  public static let disableQuirks2 = KVMCapability(rawValue: 213)
  /// The TSC frequency can be set for a whole VM.
  public static let vmTSCControl = KVMCapability(rawValue: 214)
  /// A pending triple fault can be read and set.
  public static let tripleFaultEvent = KVMCapability(rawValue: 218)
  /// A guest that keeps interrupts away can be made to leave.
  public static let notifyExit = KVMCapability(rawValue: 219)
  /// The mitigation of iTLB multihit can be turned off.
  public static let disableNXHugePages = KVMCapability(rawValue: 220)
  /// Dirty rings with explicit ordering.
  public static let dirtyRingAcquireRelease = KVMCapability(rawValue: 223)
  /// Memory slots can be backed by guest_memfd.
  public static let userMemory2 = KVMCapability(rawValue: 231)
  /// Faults on guest memory leave with their address.
  public static let memoryFaultInfo = KVMCapability(rawValue: 232)
  /// Guest memory can be private; the value is the set of attributes.
  public static let memoryAttributes = KVMCapability(rawValue: 233)
  /// Guest memory that the host does not map.
  public static let guestMemfd = KVMCapability(rawValue: 234)
  /// Which types of VM there are; the value is the set.
  public static let vmTypes = KVMCapability(rawValue: 235)
  /// Guest memory can be mapped before the guest touches it.
  public static let preFaultMemory = KVMCapability(rawValue: 236)
  /// The local APIC timer's frequency can be set.
  public static let apicBusCycles = KVMCapability(rawValue: 237)
  /// A run page flag tells whether a nested guest ran.
  public static let guestMode = KVMCapability(rawValue: 238)
}
