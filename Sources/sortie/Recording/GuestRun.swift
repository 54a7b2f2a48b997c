import GuestABI
import SortieAnalysis
import SortieMachine
import SystemPackage
import WorkloadCatalog

/// One guest on a machine of its own, ready to run.
struct GuestRun {
  let guest: Guest
  /// Its symbols; nil for a kernel.
  let image: ELFImage?
  let machine: Machine
  /// What the trace says of the run beforehand.
  let attributes: [String: String]

  /// Loads `guest` into a new machine.
  ///
  /// - Throws: ``Failure``.
  init(_ guest: Guest, _ settings: RunSettings, on host: borrowing HostUnderTest) throws(Failure) {
    let workload = guest.workload
    self.guest = guest
    let iterations = settings.iterations ?? workload?.defaultIterations ?? 0
    let vcpus = settings.vcpus ?? workload?.vcpus ?? 1
    if let workload, let lack = Self.lack(of: workload, settings) { throw Failure(lack, status: .usage) }
    let io: IOConfiguration?
    do {
      io = try Self.io(workload, iterations: iterations, settings)
      let layout = try GuestLayout(
        memoryMiB: settings.memoryMiB, vcpuCount: vcpus, ringCapacity: settings.stampRingCapacity,
        coldBytes: workload?.coldBytes(iterations: iterations) ?? 0,
        ioBytes: io?.plan.memoryBytes ?? 0)
      let image = try ELFImage(path: guest.path, allowed: layout.image)
      self.image = image
      var boot = BootInfo(
        iterations: iterations, parameters: settings.parameters,
        hostEmulatesGuestCode: host.emulatesGuestCode,
        vendor: host.vendor, tscKHz: host.tscKHz)
      boot.disturbance = settings.injection.guest
      var configuration = Machine.Configuration(
        boot: boot, features: Self.features(workload), pinning: settings.pinning)
      configuration.exitDelay = settings.injection.exitDelay
      configuration.io = io
      configuration.irqchip = settings.irqchip
      machine = try Machine(host.system, layout: layout, image: image, configuration: configuration)
    } catch MachineError.option("--net", let problem) {
      throw Failure("--net: \(problem)", status: .unsupportedHere)
    } catch {
      throw Failure(error)
    }
    var attributes = [
      "workload": guest.name, "guest": guest.path.string, "iterations": "\(iterations)",
      "parameters": settings.parameters.map { "\($0)" }.joined(separator: ","), "vcpus": "\(vcpus)",
      "memory_mib": "\(settings.memoryMiB)", "irqchip": settings.irqchip.rawValue,
      "pinning": settings.pinning.map { "\($0)" }.joined(separator: ","),
    ]
    if let io { attributes.merge(io.attributes) { $1 } }
    if let workload {
      var kind = host.kind
      kind.irqchip = settings.irqchip == .split ? .split : .kernel
      let expectation = workload.expectation(
        on: kind, parameters: settings.parameters,
        kick: settings.kick == .ioeventfd ? .ioeventfd : .exit)
      let total = expectation.roundTripTotal(iterations: iterations)
      attributes["expected_round_trips"] =
        total.lowerBound == total.upperBound
        ? "\(total.lowerBound)" : "\(total.lowerBound)-\(total.upperBound)"
      attributes["operation_class"] = Self.operationClass(workload, expectation, on: host.kind)
    }
    self.attributes = attributes
  }

  /// Loads the kernel of `pc` into a new machine; `options` say what it is made of.
  ///
  /// - Throws: ``Failure``.
  init(
    _ pc: PCConfiguration, _ options: PCOptions, on host: borrowing HostUnderTest
  ) throws(Failure) {
    guest = Guest(kernel: pc.kernel.path)
    image = nil
    do { machine = try Machine(host.system, pc: pc) } catch { throw Failure(error) }
    attributes = options.attributes.merging([
      "workload": guest.name, "guest": guest.path.string, "boot_protocol": pc.kernel.bootProtocol.rawValue,
      "vcpus": "\(pc.vcpus)", "memory_mib": "\(pc.memoryMiB)",
      "pinning": pc.pinning.map { "\($0)" }.joined(separator: ","),
    ]) { $1 }
  }

  /// What a machine of these settings lacks that `workload` is about; nil where it is all there.
  static func lack(of workload: Workload, _ settings: RunSettings) -> String? {
    settings.irqchip == .split && workload.requirements.contains(.pit)
      ? "--irqchip split leaves KVM without a PIT, which \(workload.name) is about" : nil
  }

  /// The I/O that a workload with a plan does; its parameters stand in one order for all of them.
  private static func io(
    _ workload: Workload?, iterations: UInt64, _ settings: RunSettings
  ) throws(MachineError) -> IOConfiguration? {
    guard let workload, let device = workload.device.flatMap({ IODevice(rawValue: $0.rawValue) }) else {
      return nil
    }
    let values = workload.values(settings.parameters)
    let plan = try IOPlan(
      for: device, operations: iterations, bytes: values[0], seed: values[1],
      depth: workload.depth(values), writePercent: values[2], isSequential: values[3] == 1)
    var io = IOConfiguration(plan: plan, device: device)
    io.kick = settings.kick
    io.interrupts = settings.interrupts
    io.vhostInterface = settings.vhostInterface
    let most = IOConfiguration.mostOperationsOverTap
    if io.vhostInterface != nil, plan.operations > most {
      throw .configuration(
        "--iterations", value: "\(plan.operations)",
        allowed: "at most \(most) with vhost, for a tap interface would lose frames")
    }
    io.corruptedTransfer = settings.injection.corruptedTransfer
    return io
  }

  /// Each mechanism is only there for the workload that uses it; a guest of the user's own may use them all, but the
  /// MSR filter, which slows every MSR access.
  private static func features(_ workload: Workload?) -> Machine.Features {
    guard let workload else { return [.coalesced, .ioeventfd, .irqfd] }
    var features: Machine.Features = []
    if workload.requirements.contains(.coalescedPIO) { features.insert(.coalesced) }
    if !workload.requirements.isDisjoint(with: [.ioeventfdPIO, .ioeventfdMMIO]) {
      features.insert(.ioeventfd)
    }
    if workload.requirements.contains(.irqfd) { features.insert(.irqfd) }
    if workload.requirements.contains(.msrFilter) { features.insert(.msrFilter) }
    if workload.requirements.contains(.dirtyLog) { features.insert(.dirtyLog) }
    return features
  }

  /// What an operation is that meets no round trip: `none` for the null loop, `light` where the kernel handles it,
  /// `guest` where the processor executes it without an exit.
  static func operationClass(
    _ workload: Workload, _ expectation: Expectation, on host: HostKind
  ) -> String {
    if workload.name == "empty" { return "none" }
    let eachOneLeaves = expectation.roundTrips.values.contains {
      $0.occurrences.lowerBound > 0 && $0.group == 1...1
    }
    if eachOneLeaves { return "heavy" }
    let someExit = expectation.lightExits.values.contains { $0.occurrences.upperBound > 0 }
    return someExit || !host.hasHardwareExits ? "light" : "guest"
  }
}

/// How a guest's run ended, in words for people, for the trace, and as a status.
struct RunOutcome {
  /// A word for the trace, with an explanation where it was not completed.
  let text: String
  let status: ExitStatus
  /// The status that the guest wrote to the debug exit port.
  let guestStatus: UInt32?
  /// The same of a guest of the user's own that means something other than success by it, which is no failure; else nil.
  var ownStatus: UInt32? {
    status == .success ? guestStatus.flatMap { $0 >> 1 == SORTIE_EXIT_SUCCESS.rawValue ? nil : $0 } : nil
  }
  /// The guest has reset its machine.
  let isReset: Bool
  /// What it did cannot be written any more.
  let isAbandoned: Bool
  /// What the guest's I/O came to; nil where it did not end well, or has no plan.
  private(set) var io: IOFinding?

  /// The outcome of `result` for what `run` has run. I/O that is not as its plan says fails.
  init(_ result: RunResult, of run: GuestRun) {
    self.init(result, guest: run.guest, image: run.image)
    guard status == .success, let finding = run.machine.checkIO() else { return }
    if let problem = finding.problem { self.init(text: "failed: \(problem)", status: .failure) }
    io = finding
  }

  /// RIPs are named by the symbols of `image`.
  private init(_ result: RunResult, guest: Guest, image: ELFImage?) {
    switch result.cause {
    case .abandoned:
      self.init(text: "abandoned: the trace could not be written", status: .failure, isAbandoned: true)
    case .timeout:
      self.init(text: "timeout", status: .timeout)
    case .signal(let number):
      self.init(text: "interrupted: signal \(number)", status: .interrupted)
    case .guest(_, .debugExit(let status), _):
      self.init(debugExit: status, guest: guest)
    case .guest(let vcpu, .unsupported(let instruction), let rip):
      self.init(
        text: "unsupported: \(instruction.mnemonic): this host's KVM re-executes it for ever "
          + "(vCPU \(vcpu) at \(Self.place(rip, image)))", status: .unsupportedHere)
    case .guest(let vcpu, let end, let rip):
      self.init(
        text: end.isOrderly
          ? "completed: \(end)" : "failed: \(end) (vCPU \(vcpu) at \(Self.place(rip, image)))",
        status: end.isOrderly ? .success : .guestFailed,
        // A triple fault resets a PC.
        isReset: end == .reset || (end == .tripleFault && image == nil))
    }
  }

  /// Somebody at the guest's console ended it.
  static let endedAtConsole = RunOutcome(text: "interrupted: ended at the console", status: .interrupted)

  private init(
    text: String, status: ExitStatus, guestStatus: UInt32? = nil, isReset: Bool = false,
    isAbandoned: Bool = false
  ) {
    self.isReset = isReset
    self.isAbandoned = isAbandoned
    self.text = text
    self.status = status
    self.guestStatus = guestStatus
  }

  /// Sortie's guests keep to `enum sortie_exit_value`; what a guest of the user's own means is the user's to know.
  private init(debugExit status: UInt32, guest: Guest) {
    let value = status >> 1
    if value == SORTIE_EXIT_SUCCESS.rawValue {
      self.init(text: "completed", status: .success, guestStatus: status)
    } else if guest.workload == nil {
      self.init(
        text: "completed: the guest ended with status \(status)", status: .success, guestStatus: status)
    } else if value == SORTIE_EXIT_UNSUPPORTED.rawValue {
      self.init(
        text: "unsupported: the guest found that the machine lacks what it needs", status: .unsupportedHere,
        guestStatus: status)
    } else {
      self.init(
        text: "failed: the guest ended with status \(status)", status: .guestFailed, guestStatus: status)
    }
  }

  private static func place(_ rip: UInt64, _ image: ELFImage?) -> String {
    let address = "0x" + String(rip, radix: 16)
    guard let image else { return address }
    let symbols = SymbolTable(image.symbolRows(vm: 0))
    return symbols.name(of: rip, isNext: false, vm: 0).map { "\(address), \($0)" } ?? address
  }
}
