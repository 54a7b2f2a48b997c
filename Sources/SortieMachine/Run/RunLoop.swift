internal import CLinuxKVM
import Glibc
internal import SortieKVM
internal import SortieTrace

/// The run loop of one vCPU. Everything that happens between two `KVM_RUN`s is on this page.
///
/// Between them nothing allocates, retains or blocks, and nothing locks but a device its own registers: the exit is
/// decoded in place, the bus is a frozen table, the record goes into a ring that the writer's thread empties. A full ring
/// drops the record and counts it.
struct RunLoop: ~Copyable {
  var handler: ExitHandler
  /// Held while the VM's one coalesced ring is drained; nil where the VM has no coalesced zone.
  let coalescedLock: SpinLock?
  /// Cycles by which every exit is made slower (``Machine/Configuration/exitDelay``); 0 but for proving a gate.
  let exitDelay: UInt64

  /// Runs the guest until something ends it.
  mutating func run(
    _ vcpu: borrowing VCPU, _ producer: inout RingProducer<RoundTripRecord>, _ control: VCPUControl
  ) -> RunEnd {
    var record = RoundTripRecord(flags: .firstEntry)
    while true {
      record.u1 = sortie_rdtsc()
      producer.push(record, tsc: record.u1)

      let error = vcpu.run()

      let u0 = sortie_rdtsc()
      record = RoundTripRecord(
        u0: u0, rip: vcpu.syncRIP, physicalCPU: UInt16(truncatingIfNeeded: sortie_current_cpu()))
      var outcome = coalescedLock == nil ? ExitOutcome.resume : drainCoalesced(vcpu, &producer, u0)
      if case .stop = outcome {
        // The ring is not to be trusted: nothing of this exit is.
      } else if error == 0 {
        let exit = vcpu.exit
        record.reason = vcpu.exitReason.rawValue
        outcome = handler.handle(exit, &record)
        record.flags.formUnion(RIPKinds.flags(of: record))
        control.countRoundTrip()
        if exitDelay != 0 { wait(exitDelay) }
      } else {
        // Whatever reason stands in the run page is an old one.
        record.flags.insert(.kick)
        record.errno = UInt16(truncatingIfNeeded: error)
        outcome = error == EINTR || error == EAGAIN ? control.kicked(vcpu) : .stop(.runFailed(errno: error))
      }

      if case .stop(let end) = outcome {
        producer.push(record, tsc: u0)
        return end
      }
    }
  }

  private func wait(_ cycles: UInt64) {
    let start = sortie_rdtsc()
    while sortie_rdtsc() &- start < cycles {}
  }

  /// Hands the writes that KVM batched to their devices before the exit that flushed them is handled, so that a device
  /// sees them in the guest's order (Documentation/virt/kvm/api.rst, KVM_REGISTER_COALESCED_MMIO).
  private mutating func drainCoalesced(
    _ vcpu: borrowing VCPU, _ producer: inout RingProducer<RoundTripRecord>, _ u0: UInt64
  ) -> ExitOutcome {
    guard let coalescedLock, let ring = vcpu.coalescedRing, !ring.isEmpty else { return .resume }
    coalescedLock.acquire()
    defer { coalescedLock.release() }
    do {
      try ring.drain { write in
        var record = RoundTripRecord(u0: u0, flags: .coalesced)
        handler.handle(write, &record)
        producer.push(record, tsc: u0)
      }
      return .resume
    } catch {
      return .stop(.coalescedRingCorrupt)
    }
  }
}
