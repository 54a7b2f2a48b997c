import SortieTrace

/// Reads the blocks of `kernel` and `scheduler` streams (FORMAT.md, section 12): events by the names that the trace gives
/// their numbers.
struct KernelEventReader {
  private enum Event {
    case exit
    case entry
    case userspaceExit
    case fpu
    case wakeup
    case schedule
  }

  private static let names: [String: Event] = [
    "kvm/kvm_exit": .exit, "kvm/kvm_entry": .entry, "kvm/kvm_userspace_exit": .userspaceExit,
    "kvm/kvm_fpu": .fpu, "kvm/kvm_vcpu_wakeup": .wakeup, "sched/sched_switch": .schedule,
  ]

  private var events: [UInt64: Event] = [:]
  private let threads: VCPUThreads
  /// `kvm_fpu` is among the events: f0 and f1 are known where they were not lost.
  let hasSwitchStamps: Bool

  init(_ formats: [EventFormatRow], threads: VCPUThreads) {
    for row in formats { events[row.event] = Self.names[row.name] }
    self.threads = threads
    hasSwitchStamps = formats.contains { $0.name == "kvm/kvm_fpu" }
  }

  /// A column, or what stands for it where the block has none.
  private struct Integers {
    private var values: [UInt64] = []
    private var column: Column?

    init(_ set: ColumnSet, _ id: ColumnID) {
      guard let column = set[id], case .integers(let values) = column.values else { return }
      self.values = values
      self.column = column
    }

    /// The value of a row; nil where it has none.
    func value(_ row: Int) -> UInt64? {
      guard let column, column.isPresent(row) else { return nil }
      return values[row]
    }
  }

  /// The events of `vcpu` in a block, in the order they were recorded.
  func records(_ set: ColumnSet, of vcpu: VCPUThreads.VCPU) -> [KernelEventRecord] {
    let (tsc, event, thread) = (
      Integers(set, .tsc), Integers(set, .kernelEvent), Integers(set, .thread)
    )
    let (vm, index) = (Integers(set, .vm), Integers(set, .vcpu))
    let (flags, reason, isa) = (Integers(set, .flags), Integers(set, .reason), Integers(set, .isa))
    let (level, number) = (Integers(set, .nestedLevel), Integers(set, .number))
    let (next, state) = (Integers(set, .nextThread), Integers(set, .threadState))
    /// Whether `id` ran the vCPU then; where no table says, what the row itself says decides.
    func isOurs(_ id: UInt64?, _ tsc: UInt64, _ row: Int) -> Bool {
      guard let id = id.flatMap(UInt32.init(exactly:)) else { return false }
      if let owner = threads.vcpu(of: id, at: tsc) { return owner == vcpu }
      guard let vm = vm.value(row), let index = index.value(row) else { return false }
      return vm == vcpu.vm && index == vcpu.vcpu
    }
    var records: [KernelEventRecord] = []
    for row in 0..<set.count {
      guard let tsc = tsc.value(row), let event = event.value(row).flatMap({ events[$0] }) else { continue }
      if case .schedule = event {
        if isOurs(thread.value(row), tsc, row) {
          records.append(
            KernelEventRecord(
              tsc: tsc,
              kind: .switchedOut(
                next: UInt32(truncatingIfNeeded: next.value(row) ?? 0),
                isAsleep: state.value(row) == Self.interruptible)))
        }
        if isOurs(next.value(row), tsc, row) {
          records.append(KernelEventRecord(tsc: tsc, kind: .switchedIn))
        }
        continue
      }
      guard isOurs(thread.value(row), tsc, row) else { continue }
      let kind: KernelEventRecord.Kind
      switch event {
      case .exit:
        kind = .exit(
          HardwareExitReason(
            isa: UInt8(truncatingIfNeeded: isa.value(row) ?? 0),
            number: UInt32(truncatingIfNeeded: reason.value(row) ?? 0)),
          nestedLevel: UInt8(truncatingIfNeeded: level.value(row) ?? 0))
      case .entry: kind = .entry
      case .userspaceExit: kind = .userspaceExit
      case .fpu: kind = (flags.value(row) ?? 0) & 1 != 0 ? .load : .unload
      case .wakeup: kind = .wakeup(nanoseconds: number.value(row) ?? 0)
      case .schedule: continue
      }
      records.append(KernelEventRecord(tsc: tsc, kind: kind))
    }
    return records
  }

  /// `TASK_INTERRUPTIBLE` alone: how KVM waits in a halt and for a SIPI (`kvm_vcpu_block`). A page fault or a lock waits
  /// without; a thread that was preempted has 0 or a bit above all states.
  private static let interruptible: UInt64 = 1
}
