internal import CLinuxKVM
import Glibc
internal import GuestABI
public import SortieDevices
public import SortieKVM
public import SortieTrace
internal import SystemPackage

/// A virtual machine on /dev/kvm with the devices of `guest_abi.h`, a loaded guest, and a thread for each vCPU.
public final class Machine: Sendable {
  /// What a machine is made of, beside memory and image.
  public struct Configuration: Sendable {
    /// What the guest is told at entry.
    public var boot: BootInfo
    /// KVM mechanisms beyond RAM, interrupt controllers, timer and devices.
    public var features: Features
    /// Host CPU of each vCPU; empty: not pinned.
    public var pinning: [Int]
    /// Entries of the ring between each vCPU thread and the trace writer, a power of two.
    public var recordRingCapacity: Int
    /// Cycles by which every exit to the machine monitor is made slower, so that a regression gate can be proved on it.
    public var exitDelay: UInt64 = 0

    /// A configuration with these values.
    public init(
      boot: BootInfo, features: Features = [], pinning: [Int] = [], recordRingCapacity: Int = 1 << 15
    ) {
      self.boot = boot
      self.features = features
      self.pinning = pinning
      self.recordRingCapacity = recordRingCapacity
    }
  }

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

  /// Where things lie in guest memory.
  public let layout: GuestLayout
  /// The guest's RAM.
  public let memory: GuestMemory
  /// The far end of the guest's serial line.
  public let console = Console()

  let vm: VMBox
  private let board: Board
  let pinning: [Int]
  let ended: EventSignal
  let gate: StartGate
  let ioeventfds: IOEventFDs?
  private let irqfd: IRQFD?
  let threads: [VCPUThread]

  /// Builds the machine and loads `image`, whose segments were checked against `layout.image`.
  ///
  /// - Throws: ``MachineError`` naming what failed.
  public init(
    _ system: borrowing KVMSystem, layout: GuestLayout, image: ELFImage, configuration: Configuration
  ) throws(MachineError) {
    guard configuration.pinning.isEmpty || configuration.pinning.count == layout.rings.count else {
      throw .configuration(
        "--pin", value: configuration.pinning.map(String.init).joined(separator: ","),
        allowed: "one host CPU for each of the \(layout.rings.count) vCPUs")
    }
    self.layout = layout
    pinning = configuration.pinning
    memory = try Self.load(image, layout: layout, boot: configuration.boot)
    ended = try EventSignal()
    gate = try StartGate()
    let logged = configuration.features.contains(.dirtyLog) ? layout.cold : nil
    precondition(logged?.isEmpty != true, "no cold memory to log")
    vm = VMBox(try Self.makeVM(system, memory, logging: logged))
    ioeventfds = configuration.features.contains(.ioeventfd) ? try IOEventFDs(vm.vm) : nil
    irqfd = configuration.features.contains(.irqfd) ? try IRQFD(vm.vm) : nil
    board = try Board(
      console: console, line: { [vm] in IRQChipLine(vm: vm, gsi: $0) },
      dirtyLog: logged.map { [vm] in SlotDirtyLog(vm: vm, slot: Self.loggedSlot, pages: $0.count / 4096) })

    let error = sortie_install_kick_handler()
    guard error == 0 else { throw .system("sigaction", errno: Errno(rawValue: error)) }
    let cpuid = try Self.cpuid(system)
    let view = GuestMemoryView(memory)
    let loops = LoopFactory(
      bus: board.bus, filteredMSR: configuration.features.contains(.msrFilter) ? SORTIE_MSR_FILTERED : nil,
      coalescedLock: configuration.features.contains(.coalesced) ? SpinLock() : nil,
      exitDelay: configuration.exitDelay)
    var threads: [VCPUThread] = []
    for index in layout.rings.indices {
      let vcpu = try Self.makeVCPU(vm.vm, index: index, cpuid: cpuid, entry: image.entry)
      let ring = try Self.makeRing(capacity: configuration.recordRingCapacity)
      threads.append(
        VCPUThread(
          index: index, vcpu: vcpu, ring: ring, memory: view, gate: gate,
          makeLoop: loops.make, onEnd: { [ended] in ended.signal() }))
    }
    self.threads = threads
    // KVM has its coalesced ring from the first vCPU on.
    try Self.enable(configuration.features, system, vm.vm)
  }

  deinit {
    // A thread inside KVM_RUN uses the memory and descriptors that go with this object.
    stop()
    for thread in threads { thread.join() }
  }

  /// Devices and the ranges they claim, by number.
  public var bus: Bus { board.bus }

  /// The ring that vCPU `index` writes its round trips to.
  public func recordRing(_ index: Int) -> RecordRing<RoundTripRecord> { threads[index].ring }
}
