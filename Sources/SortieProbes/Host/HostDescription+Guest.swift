extension HostDescription {
  /// Notes what running guest code showed: the TSC's frequency in kHz, and how many cycles one iteration of a counted
  /// loop took, from which `emulates` was concluded.
  public mutating func note(tscKHz: UInt64?, guestLoopCycles: Double, emulates: Bool) {
    self[.tscKHz] = tscKHz.map { "\($0)" }
    self[.guestLoopCycles] = "\(Int(guestLoopCycles.rounded()))"
    self[.emulatedGuestCode] = "\(emulates)"
  }

  /// Who made the processor.
  public var isIntel: Bool { self[.cpuVendor] == "GenuineIntel" }
  /// Who made the processor; Hygon's are AMD's design.
  public var isAMD: Bool { self[.cpuVendor] == "AuthenticAMD" || self[.cpuVendor] == "HygonGenuine" }
}
