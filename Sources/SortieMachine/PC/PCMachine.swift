internal import CLinuxKVM
public import SortieDevices
public import SortieKVM
internal import SortieVirtio

extension Machine {
  /// A PC with a kernel loaded, which finds the machine through ACPI.
  ///
  /// - Throws: ``MachineError`` naming what failed.
  public convenience init(
    _ system: borrowing KVMSystem, pc configuration: PCConfiguration
  ) throws(MachineError) {
    try configuration.check()
    let (low, high) = configuration.ram
    let memory = try GuestMemory(lowBytes: low, highBytes: high, backing: configuration.backing)
    let entry = try configuration.kernel.load(
      to: memory, commandLine: configuration.commandLine, initrd: configuration.initrd)
    try ACPITables.write(
      ACPITables.Configuration(
        vcpus: configuration.vcpus, highWindow: configuration.highWindow,
        hasPIC: configuration.irqchip == .kernel,
        hasIDE: configuration.disks.contains { $0.model == .ide }), to: memory)
    let vm = VMBox(try Self.makeVM(system, memory, configuration.irqchip))
    let console = Console()
    let board = try PCBoard(configuration, vm: vm, ram: memory.ram, console: console)
    let cpuid = try Self.cpuid(system).forCores(configuration.vcpus).offering(configuration.paravirtual)
    try self.init(
      system,
      MachineParts(
        memory: memory, vm: vm, bus: board.bus, console: console, vcpuCount: configuration.vcpus,
        pinning: configuration.pinning, recordRingCapacity: configuration.recordRingCapacity, cpuid: cpuid,
        enter: { (vcpu) throws(MachineError) in
          do throws(KVMError) { try entry.enter(vcpu) } catch { throw .kvm(error) }
        }, exitDelay: configuration.exitDelay, pc: board, ioapic: board.ioapic))
  }

  private static let highSlot: UInt32 = 1

  private static func makeVM(
    _ system: borrowing KVMSystem, _ memory: borrowing GuestMemory, _ irqchip: IRQChip
  ) throws(MachineError) -> VirtualMachine {
    do throws(KVMError) {
      let vm = try system.makeVM()
      try setReservedPages(vm)
      try make(irqchip, vm)
      let ram = memory.ram
      try vm.setMemory(slot: 0, guestPhysical: 0, host: ram.base, size: ram.lowBytes)
      if ram.highBytes > 0 {
        try vm.setMemory(
          slot: highSlot, guestPhysical: GuestRAM.highStart, host: ram.base + Int(ram.lowBytes),
          size: ram.highBytes)
      }
      return vm
    } catch {
      throw .kvm(error)
    }
  }

  /// The ranges that devices claim, by number; those that the guest can move where they are now.
  public var claims: [Bus.Claim] { bus.claims + ((pc?.pci ?? io?.pci)?.claims ?? []) }

  private var devices: PCIDevices? { pc?.devices ?? io?.devices }

  /// What the guest did to devices that stopped for it, by the device's name.
  public var deviceFaults: [(name: String, fault: String)] { devices?.faults ?? [] }

  /// CPU time that the threads of the devices have used so far, by the thread's name.
  public var deviceThreadTimes: [(name: String, time: Duration)] { devices?.threadTimes ?? [] }

  /// Pages of 4 KiB that the guest's balloon holds; nil where there is none.
  public var balloonPages: UInt32? { pc?.devices.balloon?.actualPages }

  /// The far end of the virtio console; nil where there is none.
  public var virtioConsole: Console? { pc?.devices.console }

  /// The guest's end of its serial line, which takes what is typed; nil for bare-metal guests, which do not listen.
  public var serialInput: (any SerialPort)? { pc?.uart }

  /// Presses the power button of a PC.
  ///
  /// - Returns: false where the guest does not listen to it.
  public func pressPowerButton() -> Bool { pc?.power.pressPowerButton() ?? false }
}
