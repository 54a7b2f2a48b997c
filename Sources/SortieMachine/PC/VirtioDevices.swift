internal import SortieDevices
internal import SortieKVM
internal import SortieVirtio
internal import SystemPackage

/// The virtio devices of a machine, each a PCI function with its threads and host resources.
final class VirtioDevices: Sendable {
  /// The functions by slot, from 1 up: disks, network cards, console, balloon, random numbers.
  let functions: [Int: any PCIFunction]
  /// The far end of the virtio console.
  let console: Console?
  /// nil where RAM is of huge pages: one that is given back may be gone for good, and whoever touches it then is killed.
  let balloon: VirtioBalloon?
  private let virtio: [VirtioPCIFunction]
  private let threads: [IOThread]
  private let doorbells: Doorbells

  /// The devices that `configuration` names.
  ///
  /// - Throws: ``MachineError`` naming the option whose host resource cannot be had.
  init(
    _ configuration: PCConfiguration, vm: VMBox, ram: GuestRAM, router: InterruptRouter, lines: InterruptLines
  ) throws(MachineError) {
    var assembly = VirtioAssembly(
      configuration.interrupts, vm: vm, ram: ram, router: router, lines: lines)
    for (index, disk) in configuration.disks.enumerated() { try assembly.add(disk, index) }
    for (index, network) in configuration.networks.enumerated() { try assembly.add(network, index) }
    console = configuration.hasVirtioConsole ? Console() : nil
    if let console { try assembly.addConsole(console) }
    balloon = configuration.backing == .hugePages ? nil : try assembly.addBalloon()
    balloon?.setTarget(pages: UInt32(configuration.balloonMiB) << 8)
    try assembly.addEntropy()
    (virtio, threads, functions) = (assembly.functions, assembly.threads, assembly.bySlot)
    doorbells = Doorbells(vm: vm, isInKernel: configuration.kick == .ioeventfd)
  }

  /// The one device that an I/O plan is performed on.
  ///
  /// - Throws: ``MachineError``.
  init(
    _ io: IOConfiguration, _ backend: PlannedBackend, vm: VMBox, ram: GuestRAM, router: InterruptRouter,
    lines: InterruptLines
  ) throws(MachineError) {
    var assembly = VirtioAssembly(io.interrupts, vm: vm, ram: ram, router: router, lines: lines)
    switch backend {
    case .disk(let disk): try assembly.addDisk(disk, 0)
    case .network(let network): try assembly.addNetwork(network)
    case .console(let console): try assembly.addConsole(console)
    }
    (console, balloon) = (nil, nil)
    (virtio, threads, functions) = (assembly.functions, assembly.threads, assembly.bySlot)
    doorbells = Doorbells(vm: vm, isInKernel: io.kick == .ioeventfd)
  }

  /// What the guest did to devices that stopped for it, by the device's name.
  var faults: [(name: String, fault: String)] {
    virtio.compactMap { function in function.fault.map { (function.name, "\($0)") } }
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
    for function in virtio { function.stop() }
    for thread in threads { thread.stop() }
  }
}

/// The notifications of queues as KVM's ioeventfds, where the guest has put them.
private final class Doorbells: Sendable {
  private let vm: VMBox
  private let isInKernel: Bool

  init(vm: VMBox, isInKernel: Bool) {
    self.vm = vm
    self.isInKernel = isInKernel
  }

  /// Where KVM refuses, for another register is there already, kicks are exits.
  func move(_ function: VirtioPCIFunction, bar: Int, from: UInt64?, to: UInt64?) {
    guard isInKernel else { return }
    for notification in function.notifications where notification.bar == bar {
      for (start, isAssigned) in [(from, false), (to, true)] {
        guard let start else { continue }
        try? vm.vm.setIOEventFD(
          notification.descriptor, address: start + notification.offset, length: Self.length, kind: .mmio,
          isAssigned: isAssigned)
      }
    }
  }

  /// Bytes of a notification without VIRTIO_F_NOTIFICATION_DATA (Virtio 1.2, section 4.1.5.2).
  private static let length: UInt32 = 2
}

/// Puts devices into slots, one after the other.
private struct VirtioAssembly {
  private(set) var functions: [VirtioPCIFunction] = []
  private(set) var threads: [IOThread] = []
  private var shared: IOThread?

  /// The functions by slot, from 1 up.
  var bySlot: [Int: any PCIFunction] { Dictionary(uniqueKeysWithValues: zip(1..., functions)) }

  private let interrupts: InterruptMethod
  private let vm: VMBox
  private let ram: GuestRAM
  private let router: InterruptRouter
  private let lines: InterruptLines

  init(
    _ interrupts: InterruptMethod, vm: VMBox, ram: GuestRAM, router: InterruptRouter, lines: InterruptLines
  ) {
    self.interrupts = interrupts
    self.vm = vm
    self.ram = ram
    self.router = router
    self.lines = lines
  }

  mutating func add(_ disk: PCConfiguration.Disk, _ index: Int) throws(MachineError) {
    let raw: RawDisk
    do { raw = try RawDisk(path: disk.path.string, isReadOnly: disk.isReadOnly) } catch {
      throw .option("--disk", "\(error)")
    }
    try addDisk(raw, index)
  }

  mutating func addDisk(_ disk: any BlockBackend, _ index: Int) throws(MachineError) {
    let name = "virtio-blk\(index)"
    try add(
      VirtioBlock(
        name: name, disk: disk, identifier: "sortie-disk-\(index)", memory: ram, thread: try thread(name)))
  }

  mutating func add(_ network: PCConfiguration.Network, _ index: Int) throws(MachineError) {
    let name = "virtio-net\(index)"
    let thread = try thread(name)
    var generator = SystemRandomNumberGenerator()
    let mac = network.mac ?? .random(using: &generator)
    let device: any VirtioDevice
    do throws(HostError) {
      switch network.cable {
      case .tap(let interface):
        let tap = try TapBackend(interface: interface)
        device =
          network.usesVhost
          ? try VhostNet(name: name, mac: mac, tap: tap, memory: ram, thread: thread)
          : VirtioNet(name: name, mac: mac, backend: tap, memory: ram, thread: thread)
      case .socket(let path):
        let socket = try UnixSocketBackend(path: path.string)
        device = VirtioNet(name: name, mac: mac, backend: socket, memory: ram, thread: thread)
      }
    } catch {
      throw .option("--net", "\(error)")
    }
    try add(device)
  }

  mutating func addNetwork(_ backend: any NetBackend) throws(MachineError) {
    let name = "virtio-net0"
    var generator = SystemRandomNumberGenerator()
    try add(
      VirtioNet(
        name: name, mac: .random(using: &generator), backend: backend, memory: ram, thread: try thread(name)))
  }

  mutating func addConsole(_ backend: any SerialBackend) throws(MachineError) {
    try add(
      VirtioConsole(
        name: "virtio-console0", backend: backend, memory: ram, thread: try sharedThread()))
  }

  mutating func addBalloon() throws(MachineError) -> VirtioBalloon {
    let device = VirtioBalloon(name: "virtio-balloon0", memory: ram, thread: try sharedThread())
    try add(device)
    return device
  }

  mutating func addEntropy() throws(MachineError) {
    try add(VirtioEntropy(name: "virtio-rng0", memory: ram, thread: try sharedThread()))
  }

  private mutating func add(_ device: any VirtioDevice) throws(MachineError) {
    let gsi = PCLayout.pciGSI + UInt32((functions.count + 1) % 4)
    let vectors = try VectorInterrupts(
      vm: vm, router: router, method: interrupts, vectorCount: device.queueSizes.count + 1,
      pin: lines.line(gsi))
    do {
      functions.append(try VirtioPCIFunction(device, interrupts: vectors, line: UInt8(gsi)))
    } catch {
      throw .host(error)
    }
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
