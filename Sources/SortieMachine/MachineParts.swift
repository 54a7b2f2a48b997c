internal import SortieDevices
internal import SortieKVM

/// What a machine is put together from, whatever kind it is.
struct MachineParts: ~Copyable {
  var memory: GuestMemory
  var vm: VMBox
  /// Where a bare-metal guest finds its stamp rings; nil for others.
  var layout: GuestLayout?
  var bus: Bus
  var console: Console
  var vcpuCount: Int
  /// Host CPU of each vCPU; empty: not pinned.
  var pinning: [Int]
  /// Entries of the ring between each vCPU thread and the trace writer, a power of two.
  var recordRingCapacity: Int
  var cpuid: CPUIDTable
  /// Puts the boot processor where its guest begins.
  var enter: @Sendable (borrowing VCPU) throws(MachineError) -> Void
  var features: Machine.Features = []
  var exitDelay: UInt64 = 0
  var ioeventfds: IOEventFDs?
  var irqfd: IRQFD?
  /// What a bare-metal guest does its I/O on; nil where it does none.
  var io: IODevices?
  /// The devices of a PC; nil for the machines of bare-metal guests.
  var pc: PCBoard?
  /// The I/O APIC, where it is this program's.
  var ioapic: IOAPIC?
}
