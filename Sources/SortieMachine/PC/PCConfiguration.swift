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

  /// A block device of the guest, on virtio.
  public struct Disk: Sendable {
    /// A raw image or a block device of the host.
    public var path: FilePath
    /// The guest must not write.
    public var isReadOnly: Bool

    /// A disk on `path`.
    public init(path: FilePath, isReadOnly: Bool) {
      self.path = path
      self.isReadOnly = isReadOnly
    }
  }

  /// A network card of the guest, on virtio.
  public struct Network: Sendable {
    /// Where its cable goes.
    public enum Cable: Sendable, Equatable {
      /// An interface of the host, made where there is none of this name.
      case tap(String)
      /// A Unix socket between two guests.
      case socket(FilePath)
    }

    /// Where its cable goes.
    public var cable: Cable
    /// Its address; nil: any.
    public var mac: MACAddress?
    /// Served by the host's kernel (vhost-net).
    public var usesVhost: Bool

    /// A card with these values.
    public init(cable: Cable, mac: MACAddress? = nil, usesVhost: Bool = false) {
      self.cable = cable
      self.mac = mac
      self.usesVhost = usesVhost
    }
  }

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
    let functions = disks.count + networks.count + (hasVirtioConsole ? 1 : 0) + 2
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
