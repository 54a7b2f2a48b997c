import CLinuxKVM
import SortieAnalysis
import SortieProbes

/// The kernel's events of VMs of other processes, taken into a live analysis as they come. Nothing is recorded.
final class LiveEvents {
  let host: HostUnderTest
  let kernel: KernelTier
  let analysis: LiveAnalysis
  /// Stamps a millisecond; nil where that is not known.
  let tscKilohertz: UInt64?
  /// Why light exits are unknown; nil: they are not.
  let lightAbsence: String?
  /// All events before this were taken in, host TSC.
  private(set) var placed = sortie_rdtsc()
  private var isRunning = false

  /// A buffer that is so full is looked at sooner.
  private static let highFullness = 0.25

  /// Looks at this host.
  ///
  /// - Throws: ``Failure`` where the kernel's events cannot be had: there is nothing else to tell of such VMs.
  init(details: Bool, bufferKiB: Int?) throws(Failure) {
    kernel = try KernelTier.ofOthers(details: details, bufferKiB: bufferKiB)
    host = try HostUnderTest()
    tscKilohertz = host.tscKHz > 0 ? host.tscKHz : nil
    if host.emulatesGuestCode {
      lightAbsence = "this KVM emulates guest code, so no exit of a processor is reported (kvm_exit)"
    } else if !kernel.has(event: "kvm/kvm_exit") || !kernel.has(event: "kvm/kvm_entry") {
      lightAbsence = "this kernel does not record kvm_exit and kvm_entry"
    } else {
      lightAbsence = nil
    }
    analysis = LiveAnalysis(
      formats: kernel.formats, tscKilohertz: tscKilohertz, reportsExits: lightAbsence == nil)
  }

  /// Events that the kernel's buffers lost.
  var lost: UInt64 { kernel.source?.dropped ?? 0 }

  /// Events that were taken in.
  var count: UInt64 { kernel.source?.events ?? 0 }

  /// From now on events of threads that are new are taken in, and none of vCPUs that are gone.
  ///
  /// - Throws: ``Failure``.
  func follow(_ update: AttachedVM.Update, of vm: AttachedVM) throws(Failure) {
    if !update.gone.isEmpty { analysis.forget(vm: vm.index) { update.gone.contains($0) } }
    for thread in update.threads { analysis.observe(thread: thread.id, vm: thread.vm, vcpu: thread.vcpu) }
    guard !update.threads.isEmpty else { return }
    if isRunning {
      try kernel.add(update.threads)
    } else if kernel.start(update.threads) != nil {
      isRunning = true
    } else {
      throw Failure("the kernel's events cannot be switched on: \(kernel.absence ?? "unknown")")
    }
  }

  /// Takes in what happened; whether it should come back sooner than usual, because a buffer fills fast.
  @discardableResult
  func drain() -> Bool {
    guard isRunning, let drain = kernel.source?.drain(into: analysis) else {
      // Time passes without a VM too.
      placed = sortie_rdtsc()
      return false
    }
    placed = max(placed, drain.end)
    analysis.advance(to: placed)
    return drain.fullness > Self.highFullness
  }

  /// Leaves the kernel as it was found.
  func close() {
    kernel.stop()
    kernel.close()
  }
}
