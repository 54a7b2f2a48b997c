import ArgumentParser

/// Which VM of another process is meant.
struct TargetOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("A process that has a VM.", valueName: "pid"))
  var pid: UInt32?

  @Option(help: ArgumentHelp("The VM's name instead.", valueName: "name"))
  var name: String?

  @Flag(help: "All VMs, and those that start meanwhile.")
  var all = false

  /// How many ways to say it were used.
  var count: Int { [pid != nil, name != nil, all].count { $0 } }

  /// What was said. Precondition: one way was used.
  var target: AttachTarget { pid.map { .process($0) } ?? name.map { .name($0) } ?? .all }
}

/// How the kernel's events are had.
struct KernelEventOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Record more of what the kernel handled: MSRs, APIC, CPUID, hypercalls, page faults, interrupts."))
  var detail = false

  @Option(
    help: ArgumentHelp("KiB of the kernel's event buffer of each CPU (4096 by default).", valueName: "KiB"))
  var kernelBuffer: Int?

  func validate() throws {
    if let kernelBuffer, !(64...(1 << 20)).contains(kernelBuffer) {
      throw ValidationError("--kernel-buffer \(kernelBuffer): 64 to 1048576 KiB are possible")
    }
  }
}
