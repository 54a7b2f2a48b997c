import SortieMachine
import SortieProbes

/// How guests are run, as far as the command line says.
struct RunSettings {
  /// nil: the workload's own number, 0 for a guest without one.
  var iterations: UInt64?
  /// nil: the workload's own number, or 1.
  var vcpus: Int?
  /// MiB of guest memory.
  var memoryMiB = 64
  /// Meaning by workload.
  var parameters: [UInt64] = []
  /// Host CPU of each vCPU; empty: not pinned.
  var pinning: [Int] = []
  /// Seconds; nil: no limit.
  var timeout: Double?
  /// nil: no kernel events.
  var kernel: KernelSettings? = KernelSettings()
  /// Bytes the trace may take; nil: no limit.
  var mostBytes: UInt64?
  /// Spans that fit between two looks of the trace's writer, many times over: it looks every 20 ms, and an operation takes
  /// half a microsecond at the least. A power of two.
  var stampRingCapacity = 1 << 17
  /// How drivers kick virtio queues, of guests that have some.
  var kick = KickMethod.ioeventfd
  /// How virtio devices interrupt.
  var interrupts = InterruptMethod.irqfd
  /// Who emulates the interrupt controllers of a bare-metal guest.
  var irqchip = IRQChip.kernel
  /// The tap interface at which the host's kernel serves the network card of a bare-metal guest; nil: this program does.
  var vhostInterface: String?
  /// What makes exits and operations dearer, to prove a gate on it.
  var injection = Injection()
}

/// Known slowdowns, additional exits and wrong data.
struct Injection: Equatable {
  /// Cycles by which every exit to the machine monitor is made slower.
  var exitDelay: UInt64 = 0
  /// What the guest does besides.
  var guest = GuestDisturbance()
  /// The transfer of an I/O plan of which one bit is to be wrong; 0: none.
  var corruptedTransfer: UInt64 = 0
}

/// What is recorded of the kernel's side of exits, as far as the command line says.
struct KernelSettings {
  /// Events beyond those of every exit.
  var details = false
  /// The system calls of a machine monitor that is another's.
  var systemCalls = false
  /// Which operations are kept; nil: all.
  var filter: OperationFilter?
  /// KiB of each CPU's buffer; nil: the probes' own choice.
  var bufferKiB: Int?
}
