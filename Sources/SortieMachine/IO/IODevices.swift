internal import GuestABI
internal import SortieDevices
internal import SortieKVM

/// The far end of a device that an I/O plan is performed on.
enum PlannedBackend: Sendable {
  case disk(PlannedDisk)
  case network(PlannedNetwork)
  case console(PlannedConsole)

  /// The backend for `io`; a console passes everything on to `console`.
  ///
  /// - Throws: ``MachineError``.
  init(_ io: IOConfiguration, console: Console) throws(MachineError) {
    let (plan, corrupted) = (io.plan, io.corruptedTransfer)
    switch io.device.kind {
    case .disk: self = .disk(PlannedDisk(plan, corruptedTransfer: corrupted))
    case .network: self = .network(try PlannedNetwork(plan, corruptedTransfer: corrupted))
    case .console: self = .console(PlannedConsole(plan, corruptedTransfer: corrupted, console: console))
    }
  }

  /// What the serial line leads to, where the plan is performed on it.
  func serial(_ device: IODevice) -> (any SerialBackend)? {
    if case .console(let console) = self, device == .uart { console } else { nil }
  }
}

/// The device that an I/O plan is performed on, and the PCI bus where it is on one.
final class IODevices: Sendable {
  let configuration: IOConfiguration
  let backend: PlannedBackend
  /// nil where the device is on no PCI bus, as the other two.
  let devices: PCIDevices?
  let pci: PCIHostBridge?
  private let timers: TimerThread?

  /// The device that `configuration` names, over `backend`, on the bus that `builder` builds; it interrupts by `router` and
  /// `lines`.
  ///
  /// - Throws: ``MachineError``.
  init(
    _ configuration: IOConfiguration, _ backend: PlannedBackend, vm: VMBox, ram: GuestRAM,
    router: InterruptRouter, lines: InterruptLines, on builder: inout BusBuilder
  ) throws(MachineError) {
    self.configuration = configuration
    self.backend = backend
    guard configuration.device != .uart else {
      (devices, pci, timers) = (nil, nil, nil)
      return
    }
    let timers = try TimerThread()
    let devices = try PCIDevices(
      configuration, backend,
      PCIAssembly.Resources(vm: vm, ram: ram, router: router, lines: lines, timers: timers))
    (self.devices, self.timers) = (devices, timers)
    try devices.addPorts(to: &builder)
    do {
      pci = try PCIHostBridge(
        devices.functions, windows: Self.windows, on: &builder, barMoved: devices.barMoved)
    } catch { throw .pci(error) }
  }

  private static let windows = PCIWindows(
    memory: [UInt64(SORTIE_PCI_MEMORY_GPA)..<UInt64(SORTIE_PCI_MEMORY_END_GPA)],
    ports: UInt64(SORTIE_PCI_PORTS)..<UInt64(SORTIE_PCI_PORTS_END), configuration: PCLayout.pciConfiguration)

  /// Ends the threads of the devices. The vCPUs have ended before.
  func stop() {
    devices?.stop()
    timers?.stop()
  }
}

extension Machine {
  /// Whether the I/O of a guest that has ended well was what its plan says; nil for a guest without a plan.
  public func checkIO() -> IOFinding? {
    guard let io, let area = layout?.io,
      let bytes = memory.ram.bytes(at: area.lowerBound, count: io.configuration.plan.operations * 8)
    else { return nil }
    let checksums = UnsafeBufferPointer(bytes.bindMemory(to: UInt64.self))
    io.devices?.plannedTap?.finish()
    return switch io.backend {
    case .disk(let disk): disk.finding(checksums)
    case .network(let network): network.finding(checksums)
    case .console(let console): console.finding()
    }
  }
}
