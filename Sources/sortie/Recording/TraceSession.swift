import CLinuxKVM
import SortieDevices
import SortieKVM
import SortieMachine
import SortieProbes
import SortieTrace
import SystemPackage

/// One trace file while it is being recorded: it gives VMs and streams their numbers and writes the tables.
final class TraceSession {
  let recorder: TraceRecorder
  private var nextVM: UInt32 = 0
  private var nextStream: UInt32
  let kernel: KernelTier

  /// A machine whose events go into the trace.
  struct Attachment {
    /// Index of the VM in the trace.
    let vm: UInt32
    fileprivate var sources: [any RecordingSource]
    /// The kernel's events, once the machine runs.
    fileprivate var kernelSource: (any RecordingSource)?
  }

  /// Starts the file at `path` with what is known of the host, and with what the stamps of the machine monitor cost where it
  /// `measuresProbes`; `isNew`: nothing may stand there; `mostBytes`: how large it may become.
  ///
  /// - Throws: ``Failure``.
  init(
    path: FilePath, host: HostDescription, kernel: KernelTier, measuresProbes: Bool, isNew: Bool = false,
    mostBytes: UInt64? = nil
  ) throws(Failure) {
    self.kernel = kernel
    kernel.beginTrace()
    nextStream = KernelTier.firstStream + kernel.streamCount
    do {
      let identity = TraceIdentity(
        tscKHz: host[.tscKHz].flatMap { UInt64($0) }, tscIsInvariant: host[.tscInvariant].flatMap { Bool($0) }
      )
      recorder = try TraceRecorder(
        TraceFileWriter(path: path, identity: identity, isNew: isNew, mostBytes: mostBytes))
      write(host.rows.map { HostAttribute(host: 0, name: $0.key.rawValue, value: $0.value) })
      writeKernelAttributes()
      write(kernel.formats)
      write([AnchorRow.now()])
      if measuresProbes { write(Self.rows(try StampCost())) }
    } catch {
      throw Failure(error)
    }
  }

  private static func rows(_ cost: StampCost) -> [ProbeCostRow] {
    [
      ProbeCostRow(
        name: "vmm stamps", cycles: cost.roundTrip,
        method: "median of u0, d0, d1, u1 and the store of a record, without KVM_RUN"),
      ProbeCostRow(name: "bare rdtsc pair", cycles: cost.barePair, method: "median of two rdtsc in a row"),
    ]
  }

  /// Notes what a kernel event costs on this host.
  func measureKernelEvents(_ system: borrowing KVMSystem) {
    if let cost = kernel.cost(system) { note(cost) }
  }

  /// What the recorder has done so far.
  var progress: RecorderProgress { recorder.progress }

  /// Takes `machine`'s events into the trace, before it runs. `attributes` describe the run.
  ///
  /// - Throws: ``Failure``.
  func attach(
    _ machine: Machine, image: ELFImage?, attributes: [String: String]
  ) throws(Failure) -> Attachment {
    let vm = addVM(attributes)
    if let buildID = image?.buildID {
      note(vm, ["build_id": buildID.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()])
    }
    write(
      machine.claims.map { claim in
        DeviceRow(
          device: claim.device, vm: vm, name: machine.bus.devices[Int(claim.device)].name,
          isMemory: claim.space == .memory, address: claim.range.lowerBound, length: UInt64(claim.range.count)
        )
      })
    if let image { write(image.symbolRows(vm: vm)) }
    var sources: [any RecordingSource] = []
    for vcpu in 0..<machine.vcpuCount { sources += try attach(machine, vcpu: vcpu, vm: vm) }
    snapshot(machine, vm)
    return Attachment(vm: vm, sources: sources)
  }

  private func attach(
    _ machine: Machine, vcpu: Int, vm: UInt32
  ) throws(Failure) -> [any RecordingSource] {
    let (vmm, guest) = (StreamID(rawValue: nextStream), StreamID(rawValue: nextStream + 1))
    nextStream += 2
    write([
      StreamRow(stream: vmm, kind: .vmm, clock: .hostTSC, name: "vCPU \(vcpu)", vm: vm, vcpu: UInt32(vcpu))
    ])
    write([
      VCPURow(
        vcpu: UInt32(vcpu), vm: vm, apicID: UInt32(vcpu), since: sortie_rdtsc(),
        tscOffset: machine.tscOffset(vcpu))
    ])
    let trips = recorder.add(machine.recordRing(vcpu), stream: vmm)
    guard let stamps = GuestStampSource(machine: machine, vcpu: vcpu, stream: guest) else { return [trips] }
    write([
      StreamRow(
        stream: guest, kind: .guest, clock: .guestTSC, name: "guest stamps of vCPU \(vcpu)", vm: vm,
        vcpu: UInt32(vcpu))
    ])
    recorder.add(stamps)
    return [stamps, trips]
  }

  /// Begins to record the kernel's side of a machine whose vCPUs have their threads and wait before the guest.
  func started(_ attachment: inout Attachment, _ machine: Machine) {
    let now = sortie_rdtsc()
    write(
      (0..<machine.vcpuCount).compactMap { vcpu in
        machine.threadID(vcpu).map { thread in
          ThreadRow(
            thread: thread, vcpu: UInt32(vcpu), vm: attachment.vm, since: now, name: "vCPU \(vcpu)")
        }
      })
    let wasThere = kernel.absence == nil
    if let source = kernel.start(machine, vm: attachment.vm) {
      attachment.kernelSource = source
      recorder.add(source)
    } else if wasThere {
      writeKernelAttributes()
      for note in kernel.notes { Terminal.note(note) }
    }
  }

  private func writeKernelAttributes() {
    write(kernel.attributes.map { HostAttribute(host: 0, name: $0.key.rawValue, value: $0.value) })
  }

  /// Takes in the rest of a machine that has ended, and lets go of it.
  func detach(_ attachment: Attachment, _ machine: Machine, attributes: [String: String]) {
    let vm = attachment.vm
    snapshot(machine, vm)
    if let source = attachment.kernelSource {
      kernel.stop()
      recorder.remove(source)
    }
    var attributes = attributes
    for vcpu in 0..<machine.vcpuCount {
      switch machine.schedulerReadings(vcpu) {
      case .success(let readings)?:
        write(StatisticRow.rows(of: readings.first, vm: vm, vcpu: UInt32(vcpu)))
        write(StatisticRow.rows(of: readings.last, vm: vm, vcpu: UInt32(vcpu)))
      case .failure(let error)?: attributes["schedstat_missing"] = "\(error)"
      case nil: attributes["schedstat_missing"] = "the thread did not run"
      }
    }
    if let signals = machine.takeIOEventFDSignals() {
      attributes["ioeventfd_port_signals"] = "\(signals.port)"
      attributes["ioeventfd_memory_signals"] = "\(signals.memory)"
    }
    attributes.merge(machine.deviceAttributes) { $1 }
    note(vm, attributes)
    for source in attachment.sources { recorder.remove(source) }
  }

  /// Gives a VM its number in the trace; `attributes` describe it.
  func addVM(_ attributes: [String: String]) -> UInt32 {
    defer { nextVM += 1 }
    note(nextVM, attributes)
    return nextVM
  }

  /// Notes attributes of a VM; of a name that is noted twice, the last value holds.
  func note(_ vm: UInt32, _ attributes: [String: String]) {
    write(
      attributes.sorted { $0.key < $1.key }.map { VMAttribute(vm: vm, name: $0.key, value: $0.value) })
  }

  /// Notes the cost of a probe.
  func note(_ cost: ProbeCostRow) { write([cost]) }

  /// Ends the file.
  ///
  /// - Throws: ``Failure`` with the error that ended the recording early, if one did.
  func finish() throws(Failure) {
    write([AnchorRow.now()])
    do { try recorder.finish() } catch { throw Failure(error) }
  }

  private func snapshot(_ machine: Machine, _ vm: UInt32) {
    let tsc = sortie_rdtsc()
    for (vcpu, snapshot) in machine.statistics() {
      write(StatisticRow.rows(of: snapshot, tsc: tsc, vm: vm, vcpu: vcpu.map { UInt32($0) }))
    }
  }

  /// Writes rows of a table.
  func write<Row: TraceRow>(_ rows: [Row]) {
    guard !rows.isEmpty else { return }
    recorder.submit { (writer) throws(TraceError) in try writer.append(rows: rows) }
  }
}
