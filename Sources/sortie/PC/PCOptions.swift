public import ArgumentParser
public import SortieMachine
import SystemPackage

extension IRQChip: ExpressibleByArgument {}
extension KickMethod: ExpressibleByArgument {}
extension InterruptMethod: ExpressibleByArgument {}

/// What a PC does when its guest resets it.
enum RebootPolicy: String, CaseIterable, ExpressibleByArgument {
  /// Starts anew, as another VM in the same trace.
  case restart
  /// Ends the recording.
  case end
}

/// The options of a PC that boots a kernel.
struct PCOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Boot a PC with this kernel: a bzImage, an ELF kernel with a PVH note, or a Multiboot kernel.",
      valueName: "file"))
  var kernel: String?

  @Option(
    help: ArgumentHelp("The kernel's initial RAM disk, or a Multiboot kernel's module.", valueName: "file"))
  var initrd: String?

  @Option(help: ArgumentHelp("The kernel's command line.", valueName: "text"))
  var append = ""

  @Option(
    name: .customLong("disk"),
    help: ArgumentHelp(
      "A disk, a raw image or a block device of the host: on virtio, or on IDE as an ATA disk; repeat for more.",
      valueName: "file[,ro][,ide]"))
  var disks: [String] = []

  @Option(
    name: .customLong("net"),
    help: ArgumentHelp(
      "A network card, virtio or an e1000: on a tap interface of the host (made if there is none; with ,vhost served by the kernel), or on a Unix socket that two guests share; repeat for more. A workload with a virtio network card takes one tap with ,vhost, at most 512 operations of it.",
      valueName: "tap[,vhost]|unix:path[,e1000][,mac=…]"))
  var networks: [String] = []

  @Flag(help: "A virtio console (hvc0) beside the serial line; its output goes where the serial line's goes.")
  var virtioConsole = false

  @Option(
    help: ArgumentHelp("MiB of memory that the balloon takes back from the guest.", valueName: "MiB"))
  var balloon = 0

  @OptionGroup var devices: DeviceOptions

  @Option(
    help: ArgumentHelp(
      "KVM's paravirtual features: on, off, or a list of names such as kvmclock,pv-eoi.", valueName: "list"))
  var paravirt = "on"

  @Flag(help: "Guest memory of huge pages that the host has set aside.")
  var hugepages = false

  @Flag(
    inversion: .prefixedNo,
    help: "Guest memory that the host may back with transparent huge pages, as far as it has them.")
  var thp = true

  @Option(
    help: ArgumentHelp(
      "What a guest's reset does: restart (as another VM of the trace) or end.", valueName: "what"))
  var onReboot = RebootPolicy.end

  func validate() throws {
    guard kernel == nil else {
      if balloon < 0 { throw ValidationError("--balloon \(balloon): 0 MiB or more") }
      return
    }
    let given: [(String, Bool)] = [
      ("--initrd", initrd != nil), ("--append", !append.isEmpty), ("--disk", !disks.isEmpty),
      ("--virtio-console", virtioConsole), ("--balloon", balloon != 0), ("--hugepages", hugepages),
      ("--no-thp", !thp), ("--paravirt", paravirt != "on"), ("--on-reboot", onReboot != .end),
    ]
    if let option = given.first(where: \.1) { throw ValidationError("\(option.0) needs a --kernel to boot") }
  }

  /// The tap interface of the one network that a bare-metal guest with a virtio network card may have: one of vhost-net, for
  /// else the far end is the machine itself.
  ///
  /// - Throws: ``Failure`` for another network.
  func vhostInterface() throws(Failure) -> String? {
    guard kernel == nil, let network = networks.first else { return nil }
    guard networks.count == 1, let interface = try NetworkOption(network).vhostInterface else {
      throw Failure(
        "--net \(networks.joined(separator: " ")): without a --kernel, give one tap interface with ,vhost",
        status: .usage)
    }
    return interface
  }

  /// The first option that asks for a virtio device which the guest does not have; nil where none does.
  func deviceOption(hasVirtio: Bool) -> String? {
    guard !hasVirtio else { return nil }
    return devices.kick != .ioeventfd ? "--kick" : devices.interrupt != .irqfd ? "--interrupt" : nil
  }

  /// The PC that the options describe; nil without a kernel.
  ///
  /// - Throws: ``Failure`` naming the option that is wrong.
  func configuration(_ settings: RunSettings) throws(Failure) -> PCConfiguration? {
    guard let kernel else { return nil }
    do {
      var pc = PCConfiguration(
        kernel: try KernelImage(path: FilePath(kernel)), memoryMiB: settings.memoryMiB,
        vcpus: settings.vcpus ?? 1)
      pc.initrd = try initrd.map { try InitialRAMDisk(path: FilePath($0)) }
      pc.commandLine = append
      pc.disks = try disks.map { try Self.disk($0) }
      pc.networks = try networks.map { try NetworkOption($0).open() }
      pc.hasVirtioConsole = virtioConsole
      pc.balloonMiB = balloon
      pc.irqchip = devices.irqchip
      pc.paravirtual = try ParavirtualFeatures(paravirt)
      pc.kick = devices.kick
      pc.interrupts = devices.interrupt
      pc.backing = hugepages ? .hugePages : thp ? .transparentHugePages : .pages
      pc.pinning = settings.pinning
      pc.exitDelay = settings.injection.exitDelay
      return pc
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(error)
    }
  }

  /// What the trace says of the options, beside memory and processors.
  var attributes: [String: String] {
    [
      "kernel": kernel ?? "", "initrd": initrd ?? "", "command_line": append,
      "disks": disks.joined(separator: " "), "networks": networks.joined(separator: " "),
      "irqchip": devices.irqchip.rawValue, "paravirt": paravirt, "kick": devices.kick.rawValue,
      "interrupt": devices.interrupt.rawValue, "backing": hugepages ? "hugepages" : thp ? "thp" : "pages",
      "balloon_mib": "\(balloon)",
    ]
  }

  static func disk(_ text: String) throws(Failure) -> PCConfiguration.Disk {
    var path = text
    // From the end, for a path may have commas.
    func takes(_ suffix: String) -> Bool {
      guard path.hasSuffix(suffix) else { return false }
      path.removeLast(suffix.count)
      return true
    }
    var (isReadOnly, isIDE) = (false, false)
    for _ in 0..<2 {
      isReadOnly = takes(",ro") || isReadOnly
      isIDE = takes(",ide") || isIDE
    }
    guard !path.isEmpty else { throw Failure("--disk \(text): name a file before the comma", status: .usage) }
    return PCConfiguration.Disk(
      path: FilePath(path), isReadOnly: isReadOnly, model: isIDE ? .ide : .virtio)
  }
}
