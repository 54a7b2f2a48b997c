public import CGuest
public import GuestABI

/// What the machine told this guest: the boot-info page of `guest_abi.h`.
public struct Guest {
  /// The page itself.
  public let info: UnsafeMutablePointer<sortie_boot_info>

  /// Reads the address that `_start` kept; a page of another layout ends the run.
  init() {
    guard let info = guest_boot_info(),
      info.pointee.magic == SORTIE_BOOT_MAGIC, info.pointee.version == SORTIE_BOOT_VERSION
    else { fail("no boot information of version 1", SORTIE_EXIT_UNSUPPORTED) }
    self.info = info
  }

  /// How often to repeat the operation under study.
  public var iterations: UInt64 { info.pointee.iterations }

  /// Parameter 0, or the workload's own value where the machine left it at 0.
  public func parameter0(default value: UInt64) -> UInt64 {
    info.pointee.parameters.0 == 0 ? value : info.pointee.parameters.0
  }

  /// Parameter 1, or the workload's own value where the machine left it at 0.
  public func parameter1(default value: UInt64) -> UInt64 {
    info.pointee.parameters.1 == 0 ? value : info.pointee.parameters.1
  }

  /// Whether a hypercall is VMMCALL. A host that emulates guest code may not be given that, whatever its processor is.
  public var callsByVMMCALL: Bool { host(SORTIE_HOST_AMD) && !host(SORTIE_HOST_EMULATES_GUEST_CODE) }

  /// Whether the host has the property.
  public func host(_ flag: sortie_host_flags) -> Bool { info.pointee.host_flags & flag.rawValue != 0 }
}
