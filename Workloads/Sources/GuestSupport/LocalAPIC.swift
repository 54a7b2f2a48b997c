public import CGuest
public import GuestABI

/// This processor's local APIC, in x2APIC mode (MSRs) or xAPIC mode (memory). Register numbers are those of x2APIC,
/// MSR 0x800 + n; the memory address is 16 times n (Intel SDM vol. 3, 11.12.1.2).
public struct LocalAPIC {
  /// Registers that the workloads use.
  public enum Register: UInt32 {
    case taskPriority = 0x08
    case endOfInterrupt = 0x0b
    case spuriousVector = 0x0f
    case interruptCommand = 0x30
    case timer = 0x32
    /// Of the timer's clock.
    case divideConfiguration = 0x3e
    /// x2APIC only.
    case selfIPI = 0x3f
  }

  /// The vector of the one interrupt that a workload takes.
  public static let vector: UInt32 = 0x40
  static let spurious: UInt32 = 0xff

  /// `IA32_TSC_DEADLINE`.
  public static let deadlineMSR: UInt32 = 0x6e0
  static let baseMSR: UInt32 = 0x1b
  @usableFromInline static let base: UInt64 = 0xfee0_0000

  /// Whether registers are MSRs.
  public let x2: Bool

  /// Enables the APIC in the mode asked for and lets ``vector`` reach the counting handler: on the boot processor
  /// first, since the table is shared.
  public static func enable(x2: Bool = true) -> LocalAPIC {
    if x2 {
      // CPUID.1:ECX[21] says x2APIC; EXTD and EN are bits 10 and 11 of IA32_APIC_BASE.
      if cpuid(1, 0).ecx & 1 &<< 21 == 0 { fail("this machine has no x2APIC", SORTIE_EXIT_UNSUPPORTED) }
      wrmsr(baseMSR, rdmsr(baseMSR) | 0xc00)
    }
    handle(vector, by: x2 ? guest_interrupt_x2apic : guest_interrupt_xapic)
    handle(spurious, by: guest_interrupt_spurious)
    let apic = LocalAPIC(x2: x2)
    apic.write(.spuriousVector, 0x100 | spurious)
    return apic
  }

  /// Writes a 32-bit register.
  @inline(__always)
  public func write(_ register: Register, _ value: UInt32) {
    if x2 { Self.writeMSR(register, value) } else { Self.writeMemory(register, value) }
  }

  /// Writes a register where the APIC is in x2APIC mode: one instruction.
  @inline(__always)
  public static func writeMSR(_ register: Register, _ value: UInt32) {
    wrmsr(0x800 | register.rawValue, UInt64(value))
  }

  /// Writes a register where the APIC is in xAPIC mode: one instruction.
  @inline(__always)
  public static func writeMemory(_ register: Register, _ value: UInt32) {
    mmio_write32(base | UInt64(register.rawValue) &<< 4, value)
  }

  /// Sends what `command` says (delivery mode, vector) to one APIC ID. In x2APIC mode ICR is one 64-bit register
  /// (Intel SDM vol. 3, 11.12.9).
  @inline(__always)
  public func send(_ command: UInt32, to destination: UInt32) {
    wrmsr(0x800 | Register.interruptCommand.rawValue, UInt64(destination) &<< 32 | UInt64(command))
  }

  /// Puts the timer into TSC-deadline mode; ``deadlineMSR`` arms it.
  public func useDeadlineTimer() {
    // CPUID.1:ECX[24]; LVT timer mode 2 in bits 18:17.
    if cpuid(1, 0).ecx & 1 &<< 24 == 0 { fail("this machine has no TSC deadline", SORTIE_EXIT_UNSUPPORTED) }
    write(.timer, 2 &<< 17 | Self.vector)
  }

  /// Lets `vector` reach `handler`: 2 is the non-maskable interrupt.
  public static func handle(_ vector: UInt32, by handler: @convention(c) () -> Void) {
    Interrupts.setGate(
      Int(vector), to: UInt64(UInt(bitPattern: unsafeBitCast(handler, to: UnsafeRawPointer.self))))
  }
}
