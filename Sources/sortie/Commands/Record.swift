import ArgumentParser
import Glibc
import SortieAnalysis
import SortieMachine
import SortieReport
import SortieTrace
import SystemPackage
import WorkloadCatalog

/// `sortie record`.
struct Record: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a guest and record its exits into a trace.",
    discussion: """
      WORKLOAD is a guest that comes with sortie (`sortie workloads` lists them); ELF is the path of a bare-metal \
      guest of your own: a static x86-64 executable linked at 1 MiB or above, entered in 64-bit mode with the boot-info \
      page of guest_abi.h in RDI. Without either, the standard set is recorded, every workload in a VM of its own, \
      and the report is printed.

      --kernel boots a PC instead, with disks, networks, console, balloon and random numbers on virtio over PCI: a Linux \
      bzImage by the 64-bit boot protocol, an ELF kernel by its PVH note, or a Multiboot kernel; guests find the rest \
      through ACPI. The serial line (ttyS0) goes where --console says. A guest that turns the machine off ends the \
      recording; what one does that resets it, --on-reboot says; one that writes `v` to port 0xf4 ends it with exit \
      status (v << 1) | 1, of which a parent sees eight bits. The trace holds the PC's description, each device's name, \
      what the devices' threads used of the host's processors, and which device stopped for what the guest did to it.

      The trace holds every round trip with its stamps in cycles, the guest's own stamps, the kernel's (tracepoints of \
      KVM and the scheduler, as root, in a trace instance that is removed again), KVM's statistics before and after, and a \
      description of this host. Where the kernel's stamps cannot be had, recording goes on without and says why. Ctrl-C \
      ends the guest and leaves a whole trace; a recorder that is killed loses at most the last second.

      A guest that loops on an instruction which this host's KVM cannot execute is ended, and the instruction named.

      EXIT STATUS: see `sortie --help`.
      """)

  @Argument(
    help: ArgumentHelp("A workload's name or an ELF file; none: the standard set.", valueName: "workload|elf")
  )
  var guest: String?

  @Option(help: ArgumentHelp("How often the guest performs its operation.", valueName: "n"))
  var iterations: UInt64?

  @Option(help: ArgumentHelp("vCPUs: 1 to 16, of a PC to 64.", valueName: "n"))
  var vcpus: Int?

  @Option(help: ArgumentHelp("MiB of guest memory (64 by default, 512 for a PC).", valueName: "MiB"))
  var memory: Int?

  @Option(
    name: .customLong("parameter"),
    help: ArgumentHelp(
      "The next parameter of the workload, in its order; repeat for more (`sortie workloads NAME` names them).",
      valueName: "value"))
  var parameters: [UInt64] = []

  @Option(
    help: ArgumentHelp(
      "Host CPU of each vCPU, such as 0 or 0,1; else the scheduler chooses.", valueName: "cpus"))
  var pin: String?

  @Option(help: ArgumentHelp("End each guest after so many seconds.", valueName: "seconds"))
  var timeout: Double?

  @Flag(
    help: ArgumentHelp(
      "Record what the kernel handled too: ports, MMIO, MSRs, APIC, CPUID, hypercalls, page faults, interrupts."
    ))
  var detail = false

  @Flag(
    help: ArgumentHelp("Leave the kernel's events out: only the machine monitor's and the guest's stamps."))
  var noKernel = false

  @Option(
    help: ArgumentHelp("KiB of the kernel's event buffer of each CPU (4096 by default).", valueName: "KiB"))
  var kernelBuffer: Int?

  @Option(
    help: ArgumentHelp(
      "Where the guest's console goes: a file, - for standard error, unix:PATH for a socket that one at a time may talk at, or tty for this terminal (Ctrl-A x ends the guest, Ctrl-A p presses its power button, Ctrl-A Ctrl-A is Ctrl-A); else it is dropped.",
      valueName: "where"))
  var console: String?

  @OptionGroup var size: SizeOption

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "The trace; NAME.sortie by default. An older trace of that name is replaced.", valueName: "file"))
  var output: String?

  @OptionGroup(title: "A PC that boots a kernel") var pc: PCOptions

  @OptionGroup(title: "Injected slowdowns, to prove that a gate sees them", visibility: .hidden)
  var injection: InjectionOptions

  func validate() throws {
    if let iterations, iterations == 0 { throw ValidationError("--iterations must be at least 1") }
    if let timeout, !(timeout > 0) { throw ValidationError("--timeout must be above 0 seconds") }
    if size.maxSize != nil, guest == nil, pc.kernel == nil {
      throw ValidationError("--max-size keeps the last events of one guest: name it")
    }
    if noKernel, detail || kernelBuffer != nil {
      throw ValidationError("--no-kernel leaves nothing for --detail and --kernel-buffer to do")
    }
    if let kernelBuffer, !(64...(1 << 20)).contains(kernelBuffer) {
      throw ValidationError("--kernel-buffer \(kernelBuffer): 64 to 1048576 KiB are possible")
    }
    let memories = pc.kernel == nil ? GuestLayout.memoryMiB : PCConfiguration.memoryMiBLimits
    if let memory, !memories.contains(memory) {
      throw ValidationError("--memory \(memory): from \(memories.lowerBound) to \(memories.upperBound) MiB")
    }
    let counts = pc.kernel == nil ? GuestLayout.vcpus : PCConfiguration.vcpuLimits
    if let vcpus, !counts.contains(vcpus) {
      throw ValidationError("--vcpus \(vcpus): from \(counts.lowerBound) to \(counts.upperBound)")
    }
    if pc.kernel != nil, guest != nil || iterations != nil || !parameters.isEmpty {
      throw ValidationError("--kernel boots a PC: no workload, --iterations or --parameter beside it")
    }
    let workload = guest.flatMap { Workload.named($0) }
    let hasVirtio = pc.kernel != nil || workload?.hasKicks == true
    if let option = pc.deviceOption(hasVirtio: hasVirtio) {
      throw ValidationError("\(option) needs a --kernel to boot, or a workload with a virtio device")
    }
    if pc.kernel == nil, pc.devices.irqchip != .kernel, guest == nil {
      throw ValidationError("--irqchip needs a --kernel to boot, or a guest")
    }
    if pc.kernel == nil, !pc.networks.isEmpty, workload?.device != .virtioNet {
      throw ValidationError("--net needs a --kernel to boot, or a workload with a virtio network card")
    }
    if guest == nil, pc.kernel == nil, !parameters.isEmpty {
      throw ValidationError("--parameter is of one workload: name it")
    }
    if let workload, parameters.count > workload.parameters.count {
      throw ValidationError(
        "\(parameters.count) times --parameter: \(workload.name) has \(workload.parameters.count) (`sortie workloads \(workload.name)`)"
      )
    }
    if let workload, let vcpus, vcpus < workload.vcpus {
      throw ValidationError("--vcpus \(vcpus): \(workload.name) needs \(workload.vcpus)")
    }
    _ = try Pinning.cpus(pin)
  }

  func run() throws {
    var settings = RunSettings(
      iterations: iterations, vcpus: vcpus, memoryMiB: memory ?? (pc.kernel == nil ? 64 : 512),
      parameters: parameters, pinning: try Pinning.usable(pin),
      timeout: timeout, kernel: noKernel ? nil : KernelSettings(details: detail, bufferKiB: kernelBuffer))
    settings.injection = injection.injection
    settings.mostBytes = size.maxSize?.bytes
    pc.devices.apply(to: &settings)
    settings.vhostInterface = try pc.vhostInterface()
    if let machine = try pc.configuration(settings) {
      // When this returns the recorder is gone, and with it what it had of the terminal or a socket.
      let outcome = try boot(machine, settings)
      if let status = outcome.guestStatus { leave(withGuestStatus: status) }
      if outcome.status != .success { leave(with: outcome.status) }
      return
    }
    let guests = try self.guest.map { [try Guest($0)] } ?? StandardSet.workloads.map { try Guest($0) }
    let path = FilePath(output ?? "\(self.guest == nil ? "standard" : guests[0].name).sortie")
    try OutputFile.check(path)
    let (status, guestStatus) = try record(guests, into: path, settings)
    if self.guest == nil {
      try Report.show(path, json: false)
    } else {
      Terminal.suggest(path)
    }
    if let guestStatus { leave(withGuestStatus: guestStatus) }
    if status != .success { leave(with: status) }
  }

  /// Boots a PC and records it to its end.
  private func boot(_ machine: PCConfiguration, _ settings: RunSettings) throws -> RunOutcome {
    let path = FilePath(output ?? "\(machine.kernel.path.lastComponent?.string ?? "pc").sortie")
    try OutputFile.check(path)
    var recorder = try Recorder(path: path, settings: settings, console: console)
    let outcome: RunOutcome
    do { outcome = try recorder.record(machine, pc) } catch {
      // What was recorded before stays readable.
      _ = try? recorder.finish()
      throw error
    }
    if let summary = try recorder.finish() { Terminal.note("\(path): \(Self.text(summary))") }
    Terminal.suggest(path)
    return outcome
  }

  /// Records `guests`, and returns the worst of their statuses; of one of the user's own that of its own, where that is not
  /// success. Signals that end a program end the guest meanwhile.
  private func record(
    _ guests: [Guest], into path: FilePath, _ settings: RunSettings
  ) throws -> (ExitStatus, guest: UInt32?) {
    var recorder = try Recorder(path: path, settings: settings, console: console)
    var status = ExitStatus.success
    var guestStatus: UInt32?
    for (index, guest) in guests.enumerated() {
      let position = guests.count > 1 ? "[\(index + 1)/\(guests.count)] " : ""
      do {
        let outcome = try recorder.record(guest, position: position)
        // In the standard set an operation that this host lacks is a result, not a failure.
        if guests.count == 1 || outcome.status != .unsupportedHere { status = max(status, outcome.status) }
        guestStatus = outcome.ownStatus
        if outcome.status == .interrupted || outcome.isAbandoned { break }
      } catch {
        // What was recorded before stays readable.
        _ = try? recorder.finish()
        throw error
      }
    }
    if guests.count == 1, guests[0].workload != nil, status == .success { recorder.measureGuestStamps() }
    if let summary = try recorder.finish() { Terminal.note("\(path): \(Self.text(summary))") }
    return (status, guestStatus)
  }

  static func text(_ summary: RecorderProgress) -> String {
    let text = "\(summary.events) events, \(summary.drops) dropped, \(summary.bytes) bytes"
    guard summary.events > 0 else { return text }
    let tenths = (Double(summary.bytes) / Double(summary.events) * 10).rounded()
    return "\(text), \(tenths / 10) B an event"
  }
}

extension ExitStatus: Comparable {
  static func < (a: ExitStatus, b: ExitStatus) -> Bool { a.rawValue < b.rawValue }
}
