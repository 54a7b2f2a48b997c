public import CGuest

/// The invalid-opcode exception as something a workload expects.
public enum InvalidOpcode {
  /// Lets UD2 reach the handler that counts and returns behind it.
  public static func expect() {
    let handler: @convention(c) () -> Void = guest_invalid_opcode
    Interrupts.setGate(6, to: UInt64(UInt(bitPattern: unsafeBitCast(handler, to: UnsafeRawPointer.self))))
  }
}
