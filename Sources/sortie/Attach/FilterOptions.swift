import ArgumentParser
import SortieProbes

/// The options of filters while recording.
struct FilterOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Only these vCPUs of each VM: 0 or 0,2 or 0-3. The others are not recorded at all.", valueName: "list"),
    transform: { try VCPUList($0) })
  var vcpu: VCPUList?

  @Option(
    help: ArgumentHelp(
      "Only operations of these reasons: an exit's (SVM_EXIT_NPF, EXIT_REASON_HLT, also without the prefix, or as the report prints it) or a round trip's (KVM_EXIT_IO); repeat, or with commas, for more.",
      valueName: "name"),
    transform: { try ReasonList($0) })
  var reason: [ReasonList] = []

  @Option(
    help: ArgumentHelp(
      "Only accesses to this port, or to one from the first to the last: 0x60 or 0x60-0x64; repeat for more.",
      valueName: "port"),
    transform: { try PortRange($0) })
  var port: [PortRange] = []

  @Option(
    help: ArgumentHelp(
      "Only accesses to these guest physical addresses, and faults on them: 0xfed00000-0xfed003ff; repeat for more. With --port: either.",
      valueName: "range"),
    transform: { try AddressRange($0) })
  var gpa: [AddressRange] = []

  @Option(
    help: ArgumentHelp(
      "Only operations that take at least so long: 20us, 5ms, or 50000cycles.", valueName: "time"),
    transform: { try LeastDuration($0) })
  var minDuration: LeastDuration?

  /// Which operations are kept; nil: all. `tscKilohertz` is asked for only where a time has to be made cycles.
  ///
  /// - Throws: ``Failure`` where the TSC's frequency would have to be known and is not.
  func filter(tscKilohertz: () throws(Failure) -> UInt64) throws(Failure) -> OperationFilter? {
    var filter = OperationFilter()
    for list in reason {
      filter.hardwareReasons.formUnion(list.hardware)
      filter.roundTripReasons.formUnion(list.roundTrips)
    }
    filter.ports = port.map(\.ports)
    filter.memory = gpa.map(\.addresses)
    filter.leastCycles = try minDuration?.cycles(tscKilohertz: tscKilohertz) ?? 0
    return filter.isEmpty ? nil : filter
  }

  /// Makes sure that one of `processes` has a vCPU that is wanted.
  ///
  /// - Throws: ``Failure``.
  func check(_ processes: [KVMProcess]) throws(Failure) {
    guard let vcpu, !processes.contains(where: { $0.vcpus.contains(where: vcpu.vcpus.contains) }) else {
      return
    }
    let known = Set(processes.flatMap(\.vcpus)).sorted().map { "\($0)" }.joined(separator: ", ")
    throw Failure(
      "--vcpu \(vcpu.text): the VM has no such vCPU; it has \(known.isEmpty ? "none yet" : known)",
      status: .usage)
  }

  /// The filters as they would stand on a command line; nil: there are none but of vCPUs.
  var text: String? {
    let options =
      reason.map { "--reason \($0.text)" } + port.map { "--port \($0.text)" } + gpa.map { "--gpa \($0.text)" }
      + (minDuration.map { ["--min-duration \($0.text)"] } ?? [])
    return options.isEmpty ? nil : options.joined(separator: " ")
  }
}
