public import CGuest
public import GuestABI

extension Guest {
  /// Takes one interrupt that `send` makes for this processor: up to the return of its handler, the `expected`-th.
  ///
  /// Between emulated instructions KVM looks for interrupts only now and then, at a HLT always: on such a host the
  /// guest halts to take it. Elsewhere interrupts are on, and it spins.
  @inline(__always)
  public func take(_ expected: UInt64, halts: Bool, _ send: () -> Void) {
    send()
    if halts {
      guest_enable_and_halt()
    } else {
      while guest_interrupt_count() != expected {}
    }
  }

  /// Measures an interrupt to this processor, from `send`, which causes it, up to the return of its handler.
  @inline(__always)
  public func measureInterrupts(_ send: () -> Void) {
    if host(SORTIE_HOST_EMULATES_GUEST_CODE) {
      measure { take(0, halts: true, send) }
    } else {
      var expected: UInt64 = 1
      sti()
      measure(advance: { expected &+= 1 }) { take(expected, halts: false, send) }
      cli()
    }
    if guest_interrupt_count() != iterations { fail("interrupts lost", SORTIE_EXIT_CHECK_FAILED) }
  }
}

/// Lets some TSC cycles pass without an exit.
@inline(__always)
public func spin(cycles: UInt64) {
  let start = rdtsc()
  while rdtsc() &- start < cycles {}
}
