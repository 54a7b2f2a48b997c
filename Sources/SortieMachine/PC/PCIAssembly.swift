internal import SortieDevices
internal import SortieKVM
internal import SortieVirtio
internal import SystemPackage

/// A function that reads and writes guest memory by itself until it is stopped.
protocol BusMastering: PCIFunction {
  /// When it returns nothing of the function touches guest memory.
  func stop()
}

extension VirtioPCIFunction: BusMastering {}
extension IDEController: BusMastering {}
extension E1000: BusMastering {}

/// Puts devices into slots of a PCI bus, one after the other.
struct PCIAssembly {
  /// What devices need of their machine.
  struct Resources {
    var vm: VMBox
    var ram: GuestRAM
    var router: InterruptRouter
    var lines: InterruptLines
    var timers: any TimerService
  }

  private(set) var devices: [any BusMastering] = []
  private(set) var threads: [IOThread] = []
  private var shared: IOThread?

  /// The functions by slot, from 1 up.
  var bySlot: [Int: any PCIFunction] {
    Dictionary(uniqueKeysWithValues: zip(1..., devices.map { $0 as any PCIFunction }))
  }

  private let resources: Resources
  private let method: InterruptMethod

  /// An assembly whose message vectors interrupt by `method`.
  init(_ resources: Resources, method: InterruptMethod) {
    self.resources = resources
    self.method = method
  }

  // MARK: Disks

  /// Each disk on virtio is a function, those on IDE share one.
  mutating func add(_ disks: [PCConfiguration.Disk]) throws(MachineError) {
    var ataDisks: [any BlockBackend] = []
    for (index, disk) in disks.enumerated() {
      let raw: RawDisk
      do { raw = try RawDisk(path: disk.path.string, isReadOnly: disk.isReadOnly) } catch {
        throw .option("--disk", "\(error)")
      }
      switch disk.model {
      case .virtio: try addVirtioDisk(raw, index)
      case .ide: ataDisks.append(raw)
      }
    }
    if !ataDisks.isEmpty { try addIDE(ataDisks) }
  }

  mutating func addVirtioDisk(_ disk: any BlockBackend, _ index: Int) throws(MachineError) {
    let name = "virtio-blk\(index)"
    try add(
      VirtioBlock(
        name: name, disk: disk, identifier: Self.serial(index), memory: resources.ram,
        thread: try thread(name)))
  }

  mutating func addIDE(_ backends: [any BlockBackend]) throws(MachineError) {
    let thread = try thread("ide0")
    let disks = backends.enumerated().map { IDEDisk(backend: $1, serial: Self.serial($0)) }
    do throws(HostError) {
      devices.append(
        try IDEController(
          name: "ide0", disks: disks, memory: resources.ram, thread: thread,
          primaryLine: resources.lines.line(PCLayout.primaryIDEGSI),
          secondaryLine: resources.lines.line(PCLayout.secondaryIDEGSI)))
    } catch {
      throw .host(error)
    }
  }

  private static func serial(_ index: Int) -> String { "sortie-disk-\(index)" }

  // MARK: Network cards

  mutating func add(_ network: PCConfiguration.Network, _ index: Int) throws(MachineError) {
    switch network.card {
    case .virtio(let backend): try addVirtioNetwork(backend, network.mac, index)
    case .e1000(let backend): try addE1000(backend, network.mac, index)
    case .vhost(let tap):
      let name = Self.network(index)
      let thread = try thread(name)
      let device: VhostNet
      do throws(HostError) {
        device = try VhostNet(
          name: name, mac: network.mac, tap: tap, memory: resources.ram, thread: thread)
      } catch {
        throw .option("--net", "\(error)")
      }
      try add(device)
    }
  }

  /// A card that vhost-net serves at a tap interface of this name, whose other end is `network`.
  mutating func addVhost(
    _ interface: String, _ network: PlannedNetwork, _ mac: MACAddress
  ) throws(MachineError) -> PlannedTap {
    let thread = try thread("far-end")
    let (tap, planned): (TapBackend, PlannedTap)
    do throws(HostError) {
      tap = try TapBackend(interface: interface)
      planned = try PlannedTap(tap, network, thread: thread)
    } catch {
      throw .option("--net", "\(error)")
    }
    do {
      try add(PCConfiguration.Network(card: .vhost(tap), mac: mac), 0)
    } catch {
      planned.stop()
      throw error
    }
    return planned
  }

  mutating func addVirtioNetwork(
    _ backend: any NetBackend, _ mac: MACAddress, _ index: Int
  ) throws(MachineError) {
    let name = Self.network(index)
    try add(
      VirtioNet(name: name, mac: mac, backend: backend, memory: resources.ram, thread: try thread(name)))
  }

  mutating func addE1000(
    _ backend: any NetBackend, _ mac: MACAddress, _ index: Int
  ) throws(MachineError) {
    let name = "e1000-\(index)"
    let thread = try thread(name)
    let (interrupts, gsi) = try interrupts(vectors: 0)
    do throws(HostError) {
      devices.append(
        try E1000(
          name: name, backend: backend, mac: mac, memory: resources.ram, thread: thread,
          timers: resources.timers, interrupts: interrupts, line: gsi))
    } catch {
      throw .host(error)
    }
  }

  private static func network(_ index: Int) -> String { "virtio-net\(index)" }

  // MARK: Other virtio devices

  mutating func addConsole(_ backend: any SerialBackend) throws(MachineError) {
    try add(
      VirtioConsole(
        name: "virtio-console0", backend: backend, memory: resources.ram, thread: try sharedThread()))
  }

  mutating func addBalloon() throws(MachineError) -> VirtioBalloon {
    let device = VirtioBalloon(
      name: "virtio-balloon0", memory: resources.ram, thread: try sharedThread())
    try add(device)
    return device
  }

  mutating func addEntropy() throws(MachineError) {
    try add(
      VirtioEntropy(name: "virtio-rng0", memory: resources.ram, thread: try sharedThread()))
  }

  private mutating func add(_ device: any VirtioDevice) throws(MachineError) {
    let (interrupts, gsi) = try interrupts(vectors: device.queueSizes.count + 1)
    do {
      devices.append(try VirtioPCIFunction(device, interrupts: interrupts, line: gsi))
    } catch {
      throw .host(error)
    }
  }

  /// The interrupts of the function in the next slot, and where its pin leads.
  private func interrupts(vectors: Int) throws(MachineError) -> (VectorInterrupts, line: UInt8) {
    let gsi = PCLayout.pciGSI + UInt32((devices.count + 1) % 4)
    let interrupts = try VectorInterrupts(
      vm: resources.vm, router: resources.router, method: method, vectorCount: vectors,
      pin: resources.lines.line(gsi))
    return (interrupts, UInt8(gsi))
  }

  /// What needs no thread of its own shares one.
  private mutating func sharedThread() throws(MachineError) -> IOThread {
    if let shared { return shared }
    let made = try thread("virtio")
    shared = made
    return made
  }

  private mutating func thread(_ name: String) throws(MachineError) -> IOThread {
    do {
      let thread = try IOThread(name: name)
      threads.append(thread)
      return thread
    } catch {
      throw .host(error)
    }
  }
}
