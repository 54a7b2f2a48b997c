public import SortieDevices
public import SystemPackage

/// A PC: what it has and what it boots.
public struct PCConfiguration: Sendable {
  /// MiB of RAM.
  public var memoryMiB: Int
  /// Processors.
  public var vcpus: Int
  /// The kernel.
  public var kernel: KernelImage
  /// Its initial RAM disk or first module.
  public var initrd: InitialRAMDisk?
  /// Its command line.
  public var commandLine = ""
  /// Block devices.
  public var disks: [Disk] = []
  /// Network cards.
  public var networks: [Network] = []
  /// A virtio console beside the serial line.
  public var hasVirtioConsole = false
  /// MiB that the balloon takes back from the guest.
  public var balloonMiB = 0
  /// Who emulates the interrupt controllers.
  public var irqchip = IRQChip.kernel
  /// KVM's paravirtual features that the guest sees.
  public var paravirtual = ParavirtualFeatures.all
  /// What RAM is made of.
  public var backing = MemoryBacking.pages
  /// How drivers kick virtio queues.
  public var kick = KickMethod.ioeventfd
  /// How devices interrupt.
  public var interrupts = InterruptMethod.irqfd
  /// Host CPU of each vCPU; empty: not pinned.
  public var pinning: [Int] = []
  /// Entries of the ring between each vCPU thread and the trace writer, a power of two.
  public var recordRingCapacity = 1 << 15
  /// Cycles by which every exit to the machine monitor is made slower (``Machine/Configuration/exitDelay``).
  public var exitDelay: UInt64 = 0

  /// A PC that boots `kernel`.
  public init(kernel: KernelImage, memoryMiB: Int, vcpus: Int) {
    self.kernel = kernel
    self.memoryMiB = memoryMiB
    self.vcpus = vcpus
  }

  /// MiB of RAM that a PC may have: a kernel needs some, and physical addresses end.
  public static let memoryMiBLimits: ClosedRange<Int> = 16...(512 << 10)
  /// Processors that a PC may have.
  public static let vcpuLimits: ClosedRange<Int> = 1...64

  /// A block device of the guest.
  public struct Disk: Sendable {
    /// What the guest sees of it.
    public enum Model: String, Sendable {
      /// A virtio block device.
      case virtio
      /// An ATA disk of the PIIX3's IDE controller.
      case ide
    }

    /// A raw image or a block device of the host.
    public var path: FilePath
    /// The guest must not write.
    public var isReadOnly: Bool
    /// What the guest sees of it.
    public var model: Model

    /// A disk on `path`.
    public init(path: FilePath, isReadOnly: Bool, model: Model = .virtio) {
      self.path = path
      self.isReadOnly = isReadOnly
      self.model = model
    }
  }

  /// A network card of the guest. The host's end of its cable is open as long as this is, so it outlives a machine that
  /// starts anew.
  public struct Network: Sendable {
    /// What the guest sees of it, and who serves it.
    public enum Card: Sendable {
      /// A virtio network device.
      case virtio(any NetBackend)
      /// The same, served by the host's kernel (vhost-net).
      case vhost(TapBackend)
      /// An Intel 82540EM.
      case e1000(any NetBackend)
    }

    /// What the guest sees of it.
    public var card: Card
    /// Its address.
    public var mac: MACAddress

    /// A card with these values.
    public init(card: Card, mac: MACAddress) {
      self.card = card
      self.mac = mac
    }
  }

  /// Two cables with two disks each.
  static let mostATADisks = 4

  /// Bytes of RAM below the hole for devices, and from 4 GiB up.
  var ram: (low: UInt64, high: UInt64) {
    let all = UInt64(memoryMiB) << 20
    let low = min(all, PCLayout.lowMemoryEnd)
    return (low, all - low)
  }

  /// Where BARs of 64 bits go: behind the last RAM.
  var highWindow: Range<UInt64> {
    let gib: UInt64 = 1 << 30
    let start = ((4 * gib + ram.high) + gib - 1) & ~(gib - 1)
    return start..<start + PCLayout.pciHighMemoryBytes
  }

  func check() throws(MachineError) {
    guard Self.memoryMiBLimits.contains(memoryMiB) else {
      throw .configuration(
        "--memory", value: "\(memoryMiB) MiB",
        allowed: "from \(Self.memoryMiBLimits.lowerBound) to \(Self.memoryMiBLimits.upperBound) MiB")
    }
    guard Self.vcpuLimits.contains(vcpus) else {
      throw .configuration(
        "--vcpus", value: "\(vcpus)",
        allowed: "from \(Self.vcpuLimits.lowerBound) to \(Self.vcpuLimits.upperBound)")
    }
    guard backing != .hugePages || memoryMiB % 2 == 0 else {
      throw .configuration(
        "--memory", value: "\(memoryMiB) MiB", allowed: "huge pages have 2 MiB, so an even number")
    }
    let ataDisks = disks.count { $0.model == .ide }
    guard ataDisks <= Self.mostATADisks else {
      throw .configuration(
        "--disk", value: "given \(ataDisks) times with ,ide",
        allowed: "\(Self.mostATADisks) on the controller's two cables")
    }
    let functions =
      disks.count - ataDisks + min(ataDisks, 1) + networks.count + (hasVirtioConsole ? 1 : 0) + 2
    guard functions <= 31 else {
      throw .configuration(
        "--disk and --net", value: "given \(disks.count + networks.count) times",
        allowed: "31 devices with console, balloon and random numbers")
    }
    guard backing != .hugePages || balloonMiB == 0 else {
      throw .configuration(
        "--balloon", value: "\(balloonMiB) MiB",
        allowed: "no balloon with --hugepages, whose pages stay set aside")
    }
    guard (0..<memoryMiB).contains(balloonMiB) else {
      throw .configuration("--balloon", value: "\(balloonMiB) MiB", allowed: "less than the guest's memory")
    }
  }
}

/// How a driver's kick of a virtio queue reaches its device.
public enum KickMethod: String, Sendable, CaseIterable {
  /// Inside the kernel (KVM_IOEVENTFD): a light exit.
  case ioeventfd
  /// By a return to this program: a heavy exit.
  case exit
}
