internal import CLinuxKVM
import Glibc
internal import GuestABI
public import SortieDevices
internal import SortieKVM
public import SortieTrace
internal import SystemPackage

/// A virtual machine on /dev/kvm with its devices, a loaded guest, and a thread for each vCPU.
public final class Machine: Sendable {
  /// KVM mechanisms that change how exits are handled, so that each is only there for the guest that is to use it.
  public struct Features: OptionSet, Sendable {
    /// The bits.
    public let rawValue: UInt8
    /// Features from their bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Coalesced port and MMIO zones: writes gather in a ring until another exit flushes them.
    public static let coalesced = Features(rawValue: 1 << 0)
    /// A port and an address that signal an eventfd inside the kernel.
    public static let ioeventfd = Features(rawValue: 1 << 1)
    /// The MSR `SORTIE_MSR_FILTERED` is handed to user space.
    public static let msrFilter = Features(rawValue: 1 << 2)
    /// KVM logs which pages of the cold memory the guest writes; a port hands over the log. Needs cold memory.
    public static let dirtyLog = Features(rawValue: 1 << 3)
    /// A port that injects an interrupt inside the kernel.
    public static let irqfd = Features(rawValue: 1 << 4)
  }

  /// Where a bare-metal guest finds things in its memory; nil for others.
  let layout: GuestLayout?
  /// The guest's RAM.
  public let memory: GuestMemory
  /// The far end of the guest's serial line.
  public let console: Console
  /// Devices and the ranges they claim, by number.
  public let bus: Bus

  let vm: VMBox
  let pinning: [Int]
  let ended: EventSignal
  let gate: StartGate
  let ioeventfds: IOEventFDs?
  private let irqfd: IRQFD?
  /// The devices of a PC; nil for the machines of bare-metal guests.
  let pc: PCBoard?
  /// What a bare-metal guest does its I/O on; nil where it does none.
  let io: IODevices?
  let threads: [VCPUThread]

  /// Puts the parts together and makes the vCPUs and their threads, which wait to be started.
  init(_ system: borrowing KVMSystem, _ parts: consuming MachineParts) throws(MachineError) {
    guard parts.pinning.isEmpty || parts.pinning.count == parts.vcpuCount else {
      throw .configuration(
        "--pin", value: parts.pinning.map(String.init).joined(separator: ","),
        allowed: "one host CPU for each of the \(parts.vcpuCount) vCPUs")
    }
    ended = try EventSignal()
    gate = try StartGate()
    let error = sortie_install_kick_handler()
    guard error == 0 else { throw .system("sigaction", errno: Errno(rawValue: error)) }
    let hasCoalesced = parts.features.contains(.coalesced)
    let loops = LoopFactory(
      bus: parts.bus, filteredMSR: parts.features.contains(.msrFilter) ? SORTIE_MSR_FILTERED : nil,
      coalescedLock: hasCoalesced ? SpinLock() : nil, exitDelay: parts.exitDelay, ioapic: parts.ioapic)
    var threads: [VCPUThread] = []
    for index in 0..<parts.vcpuCount {
      let vcpu = try Self.makeVCPU(parts.vm.vm, index: index, cpuid: parts.cpuid)
      // Application processors wait for INIT and SIPI in the state that KVM creates them in.
      if index == 0 { try parts.enter(vcpu) }
      let ring = try Self.makeRing(capacity: parts.recordRingCapacity)
      threads.append(
        VCPUThread(
          index: index, vcpu: vcpu, ring: ring, memory: parts.memory.ram, gate: gate,
          makeLoop: loops.make, onEnd: { [ended] in ended.signal() }))
    }
    self.threads = threads
    // KVM has its coalesced ring from the first vCPU on.
    try Self.enable(parts.features, system, parts.vm.vm)
    layout = parts.layout
    console = parts.console
    bus = parts.bus
    pinning = parts.pinning
    ioeventfds = parts.ioeventfds
    irqfd = parts.irqfd
    pc = parts.pc
    io = parts.io
    vm = parts.vm
    memory = parts.memory
  }

  deinit {
    // A thread inside KVM_RUN uses the memory and descriptors that go with this object.
    stop()
    for thread in threads { thread.join() }
    pc?.stop()
    io?.stop()
  }

  /// The ring that vCPU `index` writes its round trips to.
  public func recordRing(_ index: Int) -> RecordRing<RoundTripRecord> { threads[index].ring }
}
