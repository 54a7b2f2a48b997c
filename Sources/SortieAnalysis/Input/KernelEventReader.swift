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
    case threadWaking
    case threadWakeup
    case runtime
    case rcu
    case callBegin
    case callEnd
    case leftOut
    case detail(DetailEvent)
  }

  private static let names: [String: Event] = {
    let names: [String: Event] = [
      "kvm/kvm_exit": .exit, "kvm/kvm_entry": .entry, "kvm/kvm_userspace_exit": .userspaceExit,
      "kvm/kvm_fpu": .fpu, "kvm/kvm_vcpu_wakeup": .wakeup, "sched/sched_switch": .schedule,
      "sched/sched_wakeup": .threadWakeup, "sched/sched_waking": .threadWaking,
      "sched/sched_stat_runtime": .runtime, "rcu/rcu_utilization": .rcu,
      "raw_syscalls/sys_enter": .callBegin, "raw_syscalls/sys_exit": .callEnd,
      LeftOutEvent.name: .leftOut,
    ]
    return DetailEvent.allCases.reduce(into: names) { $0["kvm/\($1.rawValue)"] = .detail($1) }
  }()

  /// Kernels number events in 16 bits (`struct trace_entry`).
  private static let mostNumbered: UInt64 = 1 << 16
  private var events: [UInt64: Event] = [:]
  /// The same by number, for the numbers that kernels give: looked at for each event.
  private var numbered: [Event?] = []
  private var eventNames: [UInt64: String] = [:]
  private let threads: VCPUThreads
  /// `kvm_fpu` is among the events: f0 and f1 are known where they were not lost.
  let hasSwitchStamps: Bool
  /// `sched_switch` is among the events: when threads were off the CPU is known where it was not lost.
  let hasThreadSwitches: Bool
  /// `kvm_userspace_exit` is among the events: which exits went to the machine monitor is known where it was not lost.
  let hasUserspaceExits: Bool
  /// System calls are among the events: the round trips of threads that no machine monitor stamped can be told.
  let hasSystemCalls: Bool

  init(_ formats: [EventFormatRow], threads: VCPUThreads) {
    for row in formats {
      events[row.event] = Self.names[row.name]
      if row.event < Self.mostNumbered {
        let number = Int(row.event)
        numbered += Array(repeating: nil, count: max(0, number + 1 - numbered.count))
        numbered[number] = Self.names[row.name]
      }
      eventNames[row.event] = row.name
    }
    self.threads = threads
    hasSwitchStamps = formats.contains { $0.name == "kvm/kvm_fpu" }
    hasThreadSwitches = formats.contains { $0.name == "sched/sched_switch" }
    hasUserspaceExits = formats.contains { $0.name == "kvm/kvm_userspace_exit" }
    hasSystemCalls = ["sys_enter", "sys_exit"].allSatisfy { name in
      formats.contains { $0.name == "raw_syscalls/\(name)" }
    }
  }

  /// The events of `vcpu` in a block, in the order they were recorded.
  func records(_ set: ColumnSet, of vcpu: VCPUThreads.VCPU) -> [KernelEventRecord] {
    var fields = KernelEventFields(set)
    var records: [KernelEventRecord] = []
    for row in 0..<set.count {
      fields.row = row
      guard let tsc = fields[.tsc] else { continue }
      read(fields, at: tsc) { id in
        owner(of: id, fields, at: tsc) == vcpu ? vcpu : nil
      } _: { _, record in
        records.append(record)
      }
    }
    return records
  }

  /// Hands the event in the row that `fields` is at to `body`, with whoever `owner` says that the thread it is of belongs to;
  /// a switch between two of these twice.
  @inline(__always)
  func read<Owner>(
    _ fields: KernelEventFields, at tsc: UInt64, owner: (UInt64?) -> Owner?,
    _ body: (Owner, KernelEventRecord) -> Void
  ) {
    guard let event = fields[.kernelEvent].flatMap(event) else { return }
    if case .schedule = event {
      if let owner = owner(fields[.thread]) {
        let next = UInt32(truncatingIfNeeded: fields.value(.nextThread))
        body(
          owner,
          KernelEventRecord(
            tsc: tsc, kind: .switchedOut(next: next, Self.departure(fields[.threadState]))))
      }
      if let owner = owner(fields[.nextThread]) {
        body(owner, KernelEventRecord(tsc: tsc, kind: .switchedIn(fromIdle: fields[.thread] == 0)))
      }
    } else if let kind = Self.kind(ofNextThread: event, fields) {
      if let owner = owner(fields[.nextThread]) { body(owner, KernelEventRecord(tsc: tsc, kind: kind)) }
    } else if let owner = owner(fields[.thread]), let kind = kind(of: event, fields) {
      body(
        owner,
        KernelEventRecord(
          tsc: tsc, kind: kind, rip: fields.value(.rip),
          count: UInt32(truncatingIfNeeded: fields.value(.count))))
    }
  }

  @inline(__always)
  private func event(_ number: UInt64) -> Event? {
    number < UInt64(numbered.count) ? numbered[Int(number)] : events[number]
  }

  /// The event in the row that `fields` is at; nil where it has no stamp.
  func decoded(_ fields: KernelEventFields) -> DecodedKernelEvent? {
    let tsc = fields.value(.tsc)
    return DecodedKernelEvent(
      fields, name: fields[.kernelEvent].flatMap { eventNames[$0] },
      owner: owner(of: fields[.thread], fields, at: tsc) ?? owner(of: fields[.nextThread], fields, at: tsc),
      threads: threads)
  }

  /// The vCPU that thread `id` ran then; where no table says, what the row itself says decides.
  private func owner(of id: UInt64?, _ fields: KernelEventFields, at tsc: UInt64) -> VCPUThreads.VCPU? {
    guard let id = id.flatMap(UInt32.init(exactly:)) else { return nil }
    if let owner = threads.vcpu(of: id, at: tsc) { return owner }
    guard let vm = fields[.vm].flatMap(UInt32.init(exactly:)),
      let vcpu = fields[.vcpu].flatMap(UInt32.init(exactly:))
    else { return nil }
    return VCPUThreads.VCPU(vm: vm, vcpu: vcpu)
  }

  /// What the scheduler says of the thread that its row names as the next one; nil of other events.
  private static func kind(
    ofNextThread event: Event, _ fields: KernelEventFields
  ) -> KernelEventRecord.Kind? {
    switch event {
    case .threadWaking: .waking
    // TRACE_FLAG_NEED_RESCHED (include/linux/trace_events.h).
    case .threadWakeup: .woken(isUrgent: fields.value(.flags) & 4 != 0)
    case .runtime: .accounted
    default: nil
    }
  }

  private func kind(of event: Event, _ fields: KernelEventFields) -> KernelEventRecord.Kind? {
    switch event {
    case .exit:
      let reason = HardwareExitReason(fields)
      return .exit(
        reason, nestedLevel: UInt8(truncatingIfNeeded: fields.value(.nestedLevel)),
        detail: ExitDetail(reason, fields))
    case .entry: return .entry
    case .userspaceExit:
      return .userspaceExit(
        reason: UInt32(truncatingIfNeeded: fields.value(.reason)),
        errno: UInt16(clamping: fields.value(.errno)))
    case .callBegin:
      return .callBegins(
        SystemCall(number: fields.value(.address), secondArgument: fields.value(.info1)))
    case .callEnd: return .callEnds(Int64(bitPattern: fields.value(.number)))
    case .fpu: return fields.value(.flags) & 1 != 0 ? .load : .unload
    case .wakeup: return .wakeup(nanoseconds: fields.value(.number))
    case .rcu: return .reading
    case .leftOut:
      let until = max(fields.value(.tsc), fields.value(.number))
      return .leftOut(
        since: min(fields[.previous] ?? until, fields.value(.tsc)), until: until,
        events: fields.value(.count), operations: fields.value(.info1))
    case .schedule, .threadWaking, .threadWakeup, .runtime: return nil
    case .detail(let event): return .detail(event, ExitDetail(event, fields))
    }
  }

  /// `TASK_INTERRUPTIBLE` alone is how KVM waits in a halt and for a SIPI (`kvm_vcpu_block`). A page fault or a lock waits
  /// without; a thread that was preempted has 0 or a bit above all states (`TASK_REPORT_MAX`, include/linux/sched.h).
  private static func departure(_ state: UInt64?) -> KernelEventRecord.Departure {
    switch (state ?? 0) & 0xff {
    case 0: .preempted
    case 1 where state == 1: .asleep
    default: .waiting
    }
  }
}
