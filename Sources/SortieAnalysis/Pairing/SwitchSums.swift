/// Switches to user space and back, summed, with what was between.
struct SwitchSums {
  var count: UInt64 = 0
  /// `(u0 - f0) + (f1 - u1)`, on the CPU.
  var cycles: UInt64 = 0
  /// `u1 - u0`, on the CPU.
  var vmm: UInt64 = 0

  mutating func record(_ completed: EpisodePairing.Switch) {
    count &+= 1
    cycles &+= completed.cycles
    vmm &+= completed.vmm
  }
}
