import CGuest
public import GuestABI

/// What the second processor runs with its APIC enabled and interrupts off. It never returns.
public typealias ProcessorBody = @convention(c) () -> Void

nonisolated(unsafe) private var body: ProcessorBody?
nonisolated(unsafe) private var isRunning = false

extension Guest {
  /// Starts vCPU 1 by INIT and SIPI (Intel SDM vol. 3, 9.4.4.1) and waits until it is about to run `work`; gives
  /// its APIC ID. A machine with one vCPU ends the run.
  public func startProcessor(_ apic: LocalAPIC, _ work: @escaping ProcessorBody) -> UInt32 {
    if info.pointee.vcpu_count < 2 { fail("this workload needs two vCPUs", SORTIE_EXIT_UNSUPPORTED) }
    let vcpu = info.pointee.vcpus.1
    body = work
    guest_prepare_trampoline(1, vcpu.stack_top_gpa)
    apic.send(0x4500, to: vcpu.apic_id)  // INIT, assert
    apic.send(0x4600 | SORTIE_AP_TRAMPOLINE_GPA &>> 12, to: vcpu.apic_id)  // SIPI, vector = page
    while !isRunning { compiler_barrier() }
    return vcpu.apic_id
  }
}

/// Where the trampoline arrives.
@c(guest_application_processor)
func startApplicationProcessor(index: UInt64) -> Never {
  Interrupts.loadTable()
  _ = LocalAPIC.enable()
  compiler_barrier()
  isRunning = true
  guard let body else { fail("a processor started without work", SORTIE_EXIT_CHECK_FAILED) }
  body()
  fail("the second processor has no more work", SORTIE_EXIT_CHECK_FAILED)
}
