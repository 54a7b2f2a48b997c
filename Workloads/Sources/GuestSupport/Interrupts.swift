import CGuest
import GuestABI

/// The interrupt descriptor table, shared by all vCPUs.
enum Interrupts {
  /// Gates for the 32 exceptions, and this processor's table register.
  static func installExceptionHandlers() {
    for vector in UInt32(0)..<32 { setGate(Int(vector), to: guest_exception_stub(vector)) }
    loadTable()
  }

  /// The table register is per processor.
  static func loadTable() {
    lidt(
      UInt64(UInt(bitPattern: guest_interrupt_gates())), UInt16(MemoryLayout<interrupt_gate>.size * 256 - 1))
  }

  /// A 64-bit interrupt gate: selector 0x08, ring 0, present (Intel SDM vol. 3, 6.14.1).
  static func setGate(_ vector: Int, to address: UInt64) {
    guest_interrupt_gates()?[vector] = interrupt_gate(
      offset_low: UInt16(truncatingIfNeeded: address), selector: 0x08, stack_table: 0, type: 0x8e,
      offset_middle: UInt16(truncatingIfNeeded: address &>> 16),
      offset_high: UInt32(truncatingIfNeeded: address &>> 32), reserved: 0)
  }
}

/// Where every exception stub ends: no workload expects one, so it is reported and ends the run.
@c(guest_exception)
func reportException(vector: UInt64, errorCode: UInt64, rip: UInt64, cr2: UInt64) -> Never {
  Console.write("guest: unexpected exception ")
  Console.write(hexadecimal: vector)
  Console.write(", error code ")
  Console.write(hexadecimal: errorCode)
  Console.write(", RIP ")
  Console.write(hexadecimal: rip)
  Console.write(", CR2 ")
  Console.write(hexadecimal: cr2)
  Console.write("\n")
  exit(with: SORTIE_EXIT_EXCEPTION)
}
