import SortieProbes

extension KernelTier {
  /// What round trips of other machine monitors are made of.
  private static let neededEvents = [
    "raw_syscalls/sys_enter", "raw_syscalls/sys_exit", "kvm/kvm_userspace_exit",
  ]

  /// The kernel's stamps of VMs of other processes; of all operations, or of those that `filter` keeps.
  ///
  /// - Throws: ``Failure`` where they cannot be had: there is nothing else to tell of such a VM.
  static func ofOthers(
    details: Bool, bufferKiB: Int?, filter: OperationFilter? = nil
  ) throws(Failure) -> KernelTier {
    var settings = KernelSettings(details: details, systemCalls: true, bufferKiB: bufferKiB)
    settings.filter = filter
    let kernel = KernelTier(settings)
    if let absence = kernel.absence {
      throw Failure(
        "the kernel's events, without which nothing can be seen, cannot be had: \(absence)",
        status: .unsupportedHere)
    }
    if let missing = neededEvents.first(where: { !kernel.has(event: $0) }) {
      throw Failure(
        "this kernel does not record \(missing), without which no return of KVM_RUN is seen",
        status: .unsupportedHere)
    }
    return kernel
  }
}
