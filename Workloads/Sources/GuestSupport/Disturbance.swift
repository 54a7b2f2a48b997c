public import CGuest
public import GuestABI

/// What makes operations slower or adds exits to them, so that a regression gate can be proved on it.
public struct Disturbance {
  /// Turns of a counted loop in every operation.
  @usableFromInline let steps: UInt64
  /// Operations until the next additional port write, and between two of them; 0: none.
  @usableFromInline var untilPort: UInt64
  @usableFromInline let portEvery: UInt64
  /// The same of an additional CPUID.
  @usableFromInline var untilCPUID: UInt64
  @usableFromInline let cpuidEvery: UInt64

  /// The disturbances that the machine asks for.
  @usableFromInline
  init(_ info: sortie_boot_info) {
    steps = info.injected_steps
    (untilPort, portEvery) = (info.injected_port_every, info.injected_port_every)
    (untilCPUID, cpuidEvery) = (info.injected_cpuid_every, info.injected_cpuid_every)
  }

  /// Disturbs one operation.
  @inline(__always) @usableFromInline
  mutating func strike() {
    if steps != 0 { spin(steps) }
    if portEvery != 0 {
      untilPort &-= 1
      if untilPort == 0 {
        outl(UInt16(SORTIE_PORT_LATCH), 0)
        untilPort = portEvery
      }
    }
    if cpuidEvery != 0 {
      untilCPUID &-= 1
      if untilCPUID == 0 {
        _ = cpuid(0, 0)
        untilCPUID = cpuidEvery
      }
    }
  }
}

extension Guest {
  /// What the machine wants disturbed; nil in every run but those that prove a gate.
  @usableFromInline
  var disturbance: Disturbance? {
    let info = info.pointee
    return info.injected_steps | info.injected_port_every | info.injected_cpuid_every == 0
      ? nil : Disturbance(info)
  }

  /// ``measure(_:advance:_:)`` with the disturbance inside the stamps: a loop of its own, so that an undisturbed operation
  /// pays nothing for it.
  @inline(__always) @usableFromInline
  func measure(
    _ times: UInt64, _ disturbance: Disturbance, _ ring: StampRing, _ advance: () -> Void,
    _ operation: () -> Void
  ) {
    var disturbance = disturbance
    var remaining = times
    while remaining != 0 {
      remaining &-= 1
      let before = lfence_rdtsc()
      operation()
      disturbance.strike()
      let after = lfence_rdtsc()
      if ring.contiguousRoom == 0 {
        ring.drop()
      } else {
        ring.next.pointee = sortie_stamp(g0: before, g1: after)
        ring.publish()
      }
      advance()
    }
  }
}
