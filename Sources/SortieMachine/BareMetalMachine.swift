internal import CLinuxKVM
internal import GuestABI
internal import SortieDevices
public import SortieKVM

extension Machine {
  /// What a machine for bare-metal guests is made of, beside memory and image.
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
    /// What I/O the guest does, on which device; nil: none. It needs a layout with memory for the plan.
    public var io: IOConfiguration?
    /// Who emulates the interrupt controllers.
    public var irqchip = IRQChip.kernel

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

  /// A machine with the devices of `guest_abi.h`, and `image` loaded, whose segments were checked against `layout.image`.
  ///
  /// - Throws: ``MachineError`` naming what failed.
  public convenience init(
    _ system: borrowing KVMSystem, layout: GuestLayout, image: ELFImage, configuration: Configuration
  ) throws(MachineError) {
    let memory = try Self.load(
      image, layout: layout, boot: configuration.boot, plan: configuration.io?.plan)
    let features = configuration.features
    let logged = features.contains(.dirtyLog) ? layout.cold : nil
    precondition(logged?.isEmpty != true, "no cold memory to log")
    let vm = VMBox(try Self.makeVM(system, memory, configuration.irqchip, logging: logged))
    let router = InterruptRouter(vm: vm, irqchip: configuration.irqchip)
    let lines = InterruptLines(vm: vm, irqchip: configuration.irqchip, router: router)
    let console = Console()
    let backend: PlannedBackend?
    if let io = configuration.io { backend = try PlannedBackend(io, console: console) } else { backend = nil }
    var builder = try Board.devices(
      console: configuration.io.flatMap { backend?.serial($0.device) } ?? console, lines: lines,
      dirtyLog: logged.map { SlotDirtyLog(vm: vm, slot: Self.loggedSlot, pages: $0.count / 4096) })
    var io: IODevices?
    if let configuration = configuration.io, let backend {
      io = try IODevices(
        configuration, backend, vm: vm, ram: memory.ram, router: router, lines: lines, on: &builder)
    }
    let entry = image.entry
    try self.init(
      system,
      MachineParts(
        memory: memory, vm: vm, layout: layout, bus: builder.freeze(), console: console,
        vcpuCount: layout.rings.count, pinning: configuration.pinning,
        recordRingCapacity: configuration.recordRingCapacity, cpuid: try Self.cpuid(system),
        enter: { (vcpu) throws(MachineError) in
          do throws(KVMError) { try LongMode.enter(vcpu, at: entry) } catch { throw .kvm(error) }
        },
        features: features, exitDelay: configuration.exitDelay,
        ioeventfds: features.contains(.ioeventfd) ? try IOEventFDs(vm.vm) : nil,
        irqfd: features.contains(.irqfd) ? try IRQFD(vm.vm, router) : nil, io: io, ioapic: lines.ioapic))
  }
}
