internal import SortieDevices
internal import SortieKVM

/// The devices of the PC, on its bus.
final class PCBoard: Sendable {
  let bus: Bus
  let uart: UART16550
  let power: PowerManagement
  /// The I/O APIC, where it is this program's.
  let ioapic: IOAPIC?
  let pci: PCIHostBridge
  let devices: PCIDevices
  private let timers: TimerThread

  /// The board of a machine as `configuration` asks for it, with its serial line at `console`.
  ///
  /// - Throws: ``MachineError``.
  init(
    _ configuration: PCConfiguration, vm: VMBox, ram: GuestRAM, console: Console
  ) throws(MachineError) {
    let router = InterruptRouter(vm: vm, irqchip: configuration.irqchip)
    let lines = InterruptLines(vm: vm, irqchip: configuration.irqchip, router: router)
    ioapic = lines.ioapic
    timers = try TimerThread()
    uart = UART16550(name: "uart0", line: lines.line(PCLayout.serialGSI), backend: console)
    power = PowerManagement(sci: lines.line(PCLayout.sciGSI), timers: timers)
    devices = try PCIDevices(
      configuration,
      PCIAssembly.Resources(vm: vm, ram: ram, router: router, lines: lines, timers: timers))
    var builder = try Self.platform(uart, power, lines, timers)
    try devices.addPorts(to: &builder)
    let windows = PCIWindows(
      memory: [PCLayout.pciMemory, configuration.highWindow], ports: PCLayout.pciPorts,
      configuration: PCLayout.pciConfiguration)
    do {
      pci = try PCIHostBridge(devices.functions, windows: windows, on: &builder, barMoved: devices.barMoved)
    } catch { throw .pci(error) }
    bus = builder.freeze()
  }

  /// What a PC has beside its PCI bus.
  private static func platform(
    _ uart: UART16550, _ power: PowerManagement, _ lines: InterruptLines, _ timers: TimerThread
  ) throws(MachineError) -> BusBuilder {
    do throws(BusError) {
      var builder = BusBuilder()
      try builder.add(uart, at: ports(PCLayout.serialPort, UART16550.registerCount), in: .port)
      try builder.add(power, at: ports(PCLayout.powerEventPort, PowerManagement.registerCount), in: .port)
      let rtc = RealTimeClock(line: lines.line(PCLayout.rtcGSI), timers: timers)
      try builder.add(rtc, at: ports(0x70, RealTimeClock.registerCount), in: .port)
      let keyboard = KeyboardController(line: lines.line(1))
      try builder.add(keyboard, at: ports(0x60, 1), in: .port)
      try builder.add(
        DeviceWindow(keyboard, at: KeyboardController.commandOffset), at: ports(0x64, 1), in: .port)
      try builder.add(DebugExit(), at: ports(PCLayout.debugExitPort, 4), in: .port)
      if let ioapic = lines.ioapic {
        // KVM has its own of either with an irqchip of its own.
        let end = PCLayout.ioapic + IOAPIC.registerBytes
        try builder.add(ioapic, at: PCLayout.ioapic..<end, in: .memory)
        let pit = PIT(line: lines.line(2), timers: timers)
        try builder.add(pit, at: ports(0x40, 4), in: .port)
        try builder.add(DeviceWindow(pit, at: PIT.portBOffset), at: ports(0x61, 1), in: .port)
      }
      return builder
    } catch {
      throw .bus(error)
    }
  }

  /// Ends the threads of the devices. The vCPUs have ended before.
  func stop() {
    devices.stop()
    timers.stop()
  }

  private static func ports(_ first: UInt16, _ count: UInt64) -> Range<UInt64> {
    UInt64(first)..<UInt64(first) + count
  }
}
