internal import SortieDevices
internal import SortieVirtio

/// The devices of a machine on its PCI bus, with their threads and host resources.
final class PCIDevices: Sendable {
  /// The functions by slot, from 1 up: disks, network cards, console, balloon, random numbers.
  let functions: [Int: any PCIFunction]
  /// The far end of the virtio console.
  let console: Console?
  /// nil where RAM is of huge pages: one that is given back may be gone for good, and whoever touches it then is killed.
  let balloon: VirtioBalloon?
  /// What brings the network of an I/O plan to a card that the kernel serves; nil where there is none.
  let plannedTap: PlannedTap?
  private let devices: [any BusMastering]
  private let threads: [IOThread]
  private let doorbells: Doorbells

  /// The devices that `configuration` names.
  ///
  /// - Throws: ``MachineError`` naming the option whose host resource cannot be had.
  init(
    _ configuration: PCConfiguration, _ resources: PCIAssembly.Resources
  ) throws(MachineError) {
    var assembly = PCIAssembly(resources, method: configuration.interrupts)
    try assembly.add(configuration.disks)
    for (index, network) in configuration.networks.enumerated() { try assembly.add(network, index) }
    console = configuration.hasVirtioConsole ? Console() : nil
    if let console { try assembly.addConsole(console) }
    balloon = configuration.backing == .hugePages ? nil : try assembly.addBalloon()
    balloon?.setTarget(pages: UInt32(configuration.balloonMiB) << 8)
    try assembly.addEntropy()
    (devices, threads, functions) = (assembly.devices, assembly.threads, assembly.bySlot)
    plannedTap = nil
    doorbells = Doorbells(vm: resources.vm, isInKernel: configuration.kick == .ioeventfd)
  }

  /// The one device that an I/O plan is performed on.
  ///
  /// - Throws: ``MachineError``.
  init(
    _ io: IOConfiguration, _ backend: PlannedBackend, _ resources: PCIAssembly.Resources
  ) throws(MachineError) {
    var assembly = PCIAssembly(resources, method: io.interrupts)
    var generator = SystemRandomNumberGenerator()
    let mac = MACAddress.random(using: &generator)
    var plannedTap: PlannedTap?
    switch backend {
    case .disk(let disk) where io.device == .ide: try assembly.addIDE([disk])
    case .disk(let disk): try assembly.addVirtioDisk(disk, 0)
    case .network(let network) where io.device == .e1000: try assembly.addE1000(network, mac, 0)
    case .network(let network):
      if let interface = io.vhostInterface {
        plannedTap = try assembly.addVhost(interface, network, mac)
      } else {
        try assembly.addVirtioNetwork(network, mac, 0)
      }
    case .console(let console): try assembly.addConsole(console)
    }
    self.plannedTap = plannedTap
    (console, balloon) = (nil, nil)
    (devices, threads, functions) = (assembly.devices, assembly.threads, assembly.bySlot)
    doorbells = Doorbells(vm: resources.vm, isInKernel: io.kick == .ioeventfd)
  }

  /// Puts what answers at fixed ports onto the bus.
  ///
  /// - Throws: ``MachineError/bus(_:)``.
  func addPorts(to builder: inout BusBuilder) throws(MachineError) {
    for case let ide as IDEController in devices {
      do { try ide.addPorts(to: &builder) } catch { throw .bus(error) }
    }
  }

  /// What the guest did to devices that stopped for it, by the device's name.
  var faults: [(name: String, fault: String)] {
    devices.compactMap { device in
      (device as? VirtioPCIFunction)?.fault.map { (device.name, "\($0)") }
    }
  }

  /// CPU time that the threads of the devices have used, by name.
  var threadTimes: [(name: String, time: Duration)] { threads.map { ($0.name, $0.cpuTime) } }

  /// Follows the base address registers that the guest moves.
  var barMoved: PCIHostBridge.BARMoved {
    { [doorbells] function, bar, from, to in
      guard let function = function as? VirtioPCIFunction else { return }
      doorbells.move(function, bar: bar, from: from, to: to)
    }
  }

  /// Stops the devices: nothing touches guest memory any more.
  func stop() {
    plannedTap?.stop()
    for device in devices { device.stop() }
    for thread in threads { thread.stop() }
  }
}
