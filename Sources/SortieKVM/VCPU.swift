public import CLinuxKVM
internal import Glibc

/// A virtual CPU: the owner of its descriptor and of the mapping it shares with KVM.
///
/// It belongs to one thread at a time, the one that runs it. Other threads use its `kicker`.
public struct VCPU: ~Copyable {
  /// The id given to KVM_CREATE_VCPU; on x86 also the local APIC id.
  public let id: UInt32
  /// The vCPU's descriptor; still owned here.
  public let fileDescriptor: Int32
  /// The start of `kvm_run`, shared with KVM.
  public let runPage: UnsafeMutableRawPointer
  /// Bytes of the mapping at `runPage`.
  public let runSize: Int
  /// The register classes that this host exchanges through the run page.
  public let supportedSyncRegisters: SyncRegisterSets
  private let coalescedPage: Int
  private let descriptor: OwnedDescriptor

  init(
    id: UInt32, descriptor: consuming OwnedDescriptor, runSize: Int, coalescedPage: Int,
    syncSets: SyncRegisterSets
  ) throws(KVMError) {
    let mapped = mmap(nil, runSize, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.rawValue, 0)
    guard let mapped, mapped != MAP_FAILED else {
      throw KVMError(operation: "mmap of vCPU \(id)'s run page of \(runSize) bytes", errno: errno)
    }
    self.id = id
    fileDescriptor = descriptor.rawValue
    runPage = mapped
    self.runSize = runSize
    supportedSyncRegisters = syncSets
    self.coalescedPage = coalescedPage
    self.descriptor = descriptor
  }

  deinit {
    munmap(runPage, runSize)
  }

  /// Enters the guest until something must be handled here.
  ///
  /// - Returns: 0 with the cause in `exit`, or an errno: EINTR for a kick, a signal or an immediate exit, with a
  ///   stale `exit`; EFAULT or EHWPOISON with `exit` valid where it is `.memoryFault`.
  @inlinable @inline(__always)
  public func run() -> Int32 {
    sortie_kvm_run(fileDescriptor)
  }

  /// Why the last `run` that returned 0 came back. Payloads are valid until the next `run`.
  @inlinable @inline(__always)
  public var exit: Exit {
    Exit(runPage: runPage, size: runSize)
  }

  /// The number of the last exit.
  @inlinable @inline(__always)
  public var exitReason: ExitReason {
    ExitReason(rawValue: runPage.load(fromByteOffset: SORTIE_RUN_EXIT_REASON, as: UInt32.self))
  }

  /// Makes the next `run` return EINTR without entering the guest, once what user space owes to the last exit is
  /// completed; stays until cleared.
  @inlinable
  public func setImmediateExit(_ on: Bool) {
    if on {
      _ = sortie_byte_or(immediateExit, ImmediateExitBits.requested)
    } else {
      sortie_byte_and(immediateExit, ~(ImmediateExitBits.requested | ImmediateExitBits.signalled))
    }
  }

  @inlinable
  var immediateExit: UnsafeMutablePointer<UInt8> {
    runPage.assumingMemoryBound(to: UInt8.self) + SORTIE_RUN_IMMEDIATE_EXIT
  }

  /// What another thread needs to get this vCPU out of `run`.
  public var kicker: VCPUKicker {
    VCPUKicker(immediateExit: immediateExit)
  }

  /// Hands the answer to the last exit (a port's value, say) to the guest's registers without running the guest,
  /// so that they can be read or saved. A kick that arrives meanwhile stays pending.
  ///
  /// - Returns: 0, or the errno of KVM_RUN where it was not the EINTR expected. 0 too where KVM_RUN came back
  ///   with a further exit of the same instruction, which `exit` then tells.
  @discardableResult
  public func completeUserspaceIO() -> Int32 {
    _ = sortie_byte_or(immediateExit, ImmediateExitBits.completing)
    let result = run()
    sortie_byte_and(immediateExit, ~ImmediateExitBits.completing)
    return result == EINTR ? 0 : result
  }

  /// What KVM says of the guest at the last exit, beside the reason.
  @inlinable @inline(__always)
  public var flags: RunFlags {
    RunFlags(rawValue: runPage.load(fromByteOffset: SORTIE_RUN_FLAGS, as: UInt16.self))
  }

  /// The VM's coalesced ring; nil where the host has none.
  public var coalescedRing: CoalescedRing? {
    let pageSize = 4096
    guard coalescedPage > 0, coalescedPage < runSize / pageSize else { return nil }
    return CoalescedRing(base: runPage + coalescedPage * pageSize, size: pageSize)
  }

  /// The statistics of this vCPU (KVM_GET_STATS_FD).
  public func statistics() throws(KVMError) -> StatisticsFile {
    try StatisticsFile(of: fileDescriptor, subject: "vCPU \(id)")
  }
}
