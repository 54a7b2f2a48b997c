/// What executes guests on the host that recorded, and so what its cycles are worth.
public enum GuestExecution: String, Sendable {
  /// KVM interprets guest code: there is no hardware exit.
  case emulatesGuestCode = "emulates_guest_code"
  /// Hardware exits of a processor that is emulated itself: counts and order are real, cycles are the emulator's.
  case emulatedProcessor = "emulated_processor"
  /// Hardware exits, which a hypervisor below takes first.
  case nested
  /// Hardware exits of a processor of our own.
  case hardware
  /// Not recorded.
  case unknown

  init(_ host: Attributes) {
    switch host.flag("emulated_guest_code") {
    case true?: self = .emulatesGuestCode
    case nil: self = .unknown
    case false?:
      // QEMU's signature where it emulates the processor (TCG).
      if host["hypervisor"] == "TCGTCGTCGTCG" {
        self = .emulatedProcessor
      } else {
        self = host.flag("nested") == true ? .nested : .hardware
      }
    }
  }
}

extension Analysis {
  /// What executes guests on the host that recorded.
  public var guestExecution: GuestExecution { GuestExecution(host) }
}
