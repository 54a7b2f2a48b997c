/// How guests are run, as far as the command line says.
struct RunSettings {
  /// nil: the workload's own number, 0 for a guest without one.
  var iterations: UInt64?
  /// nil: the workload's own number, or 1.
  var vcpus: Int?
  /// MiB of guest memory.
  var memoryMiB = 64
  /// Meaning by workload.
  var parameters: [UInt64] = []
  /// Host CPU of each vCPU; empty: not pinned.
  var pinning: [Int] = []
  /// Seconds; nil: no limit.
  var timeout: Double?
  /// nil: no kernel events.
  var kernel: KernelSettings? = KernelSettings()
}

/// What is recorded of the kernel's side of exits, as far as the command line says.
struct KernelSettings {
  /// Events beyond those of every exit.
  var details = false
  /// KiB of each CPU's buffer; nil: the probes' own choice.
  var bufferKiB: Int?
}
