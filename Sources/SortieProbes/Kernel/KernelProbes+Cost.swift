internal import CLinuxKVM
public import SortieKVM
public import SortieTrace

extension KernelProbes {
  private static let rounds = 4
  private static let runsPerRound = 250

  /// What an event costs the thread it happens on: the time of a `KVM_RUN` that comes back without entering the guest,
  /// with the events on and off in turns, over the events it makes. Precondition: nothing is being recorded.
  ///
  /// Some hundred milliseconds; nil where it makes no events here, no VM can be had for it, or the host's noise hides it.
  public func measureCost(_ system: borrowing KVMSystem) -> ProbeCostRow? {
    guard let vm = try? system.makeVM(), let vcpu = try? vm.makeVCPU(id: 0) else { return nil }
    vcpu.setImmediateExit(true)
    var on: [UInt64] = []
    var off: [UInt64] = []
    var events: UInt64 = 0
    defer { instance.clear() }
    for _ in 0..<Self.rounds {
      do throws(ProbeError) {
        for event in self.events { try instance.enable(event, false) }
        Self.run(vcpu, &off)
        for event in self.events { try instance.enable(event, true) }
        try instance.start(threads: [UInt32(sortie_thread_id())])
        Self.run(vcpu, &on)
        instance.stop()
      } catch {
        instance.stop()
        return nil
      }
      events &+= instance.cpus.reduce(0) { $0 &+ (instance.statistic("entries", cpu: $1) ?? 0) }
      instance.clear()
    }
    let perRun = (Double(events) / Double(on.count)).rounded()
    guard perRun >= 1, on.count == off.count else { return nil }
    on.sort()
    off.sort()
    let difference = Double(on[on.count / 2]) - Double(off[off.count / 2])
    guard difference >= perRun else { return nil }
    return ProbeCostRow(
      name: "kernel event", cycles: UInt64((difference / perRun).rounded()),
      method: "median KVM_RUN with immediate_exit, events on less off, \(Self.rounds) blocks of "
        + "\(Self.runsPerRound) each in turns, over its \(Int(perRun)) events")
  }

  private static func run(_ vcpu: borrowing VCPU, _ cycles: inout [UInt64]) {
    for _ in 0..<runsPerRound {
      let start = sortie_rdtsc()
      _ = vcpu.run()
      cycles.append(sortie_rdtsc() &- start)
    }
  }
}
