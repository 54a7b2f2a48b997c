/// Where a number comes from.
public enum EvidenceTier: String, Sendable {
  /// Stamps of the virtual machine monitor.
  case vmm
  /// Stamps of the guest.
  case guest
  /// Tracepoints of the host's kernel.
  case kernel
  /// KVM's statistics: counts only.
  case counter
}

/// What a duration is measured over.
public enum CostInterval: String, Sendable {
  /// `u0..u1`: `KVM_RUN` returned, to just before the next.
  case vmm
  /// `k0..k2`: the exit to the next entry.
  case exitToEntry = "exit_to_entry"
  /// `g0..g1`: before and after the instruction, in the guest.
  case guestRoundTrip = "guest_round_trip"
}

/// What an exit of the guest led to.
public enum ExitClass: String, Sendable {
  /// Handled inside the kernel.
  case light
  /// Handed to user space.
  case heavy
  /// Caused from outside: a signal or an immediate exit.
  case kick
  /// Nothing tells whether user space was asked.
  case unknown
}
