public import SortieAnalysis
public import SortieTrace

/// An event as a recorder of the kernel's tracepoints writes it.
public struct KernelFixture: Sendable, Equatable {
  /// Host TSC cycles.
  public var tsc: UInt64
  /// What happened.
  public var kind: Kind
  /// On which thread.
  public var thread: UInt32

  /// Events and their fields.
  public enum Kind: Sendable, Equatable {
    /// `kvm_exit`; SVM unless `isa` says 1.
    case exit(UInt32, isa: UInt64 = 2, level: UInt64 = 0, info1: UInt64? = nil)
    /// `kvm_entry`.
    case entry
    /// `kvm_userspace_exit`.
    case userspace
    /// The same with its reason.
    case leaves(UInt32)
    /// `sys_enter`.
    case call(UInt64, UInt64 = 0)
    /// `sys_exit` with its result.
    case called(Int64)
    /// `kvm_fpu` "unload".
    case unload
    /// `kvm_fpu` "load".
    case load
    /// `kvm_vcpu_wakeup` after so many ns.
    case wakeup(UInt64)
    /// `sched_switch` from the thread to another.
    case leave(to: UInt32, state: UInt64)
    /// `sched_switch` from another to the thread.
    case arrive(from: UInt32)
    /// An event that says what KVM does, with its fields.
    case detail(DetailEvent, [ColumnID: UInt64])
    /// `sched_wakeup` of the thread.
    case woken
    /// The same, and its CPU is to take another thread.
    case wokenUrgently
    /// `sched_waking` of the thread.
    case waking
    /// `rcu_utilization` on the thread.
    case reading
    /// `sched_stat_runtime` of the thread.
    case accounted
    /// An event without a layout in the trace.
    case foreign
  }

  /// An event.
  public init(_ tsc: UInt64, _ kind: Kind, thread: UInt32 = 1000) {
    self.tsc = tsc
    self.kind = kind
    self.thread = thread
  }

  /// The names of the events' numbers.
  static let formats: [EventFormatRow] =
    ([
      "kvm/kvm_exit", "kvm/kvm_entry", "kvm/kvm_userspace_exit", "kvm/kvm_fpu", "kvm/kvm_vcpu_wakeup",
      "sched/sched_switch", "sched/sched_wakeup", "sched/sched_waking", "sched/sched_stat_runtime",
      "rcu/rcu_utilization",
    ] + DetailEvent.allCases.map { "kvm/\($0.rawValue)" }).enumerated().map {
      EventFormatRow(event: UInt64($0.offset) + 40, name: $0.element, format: "")
    }

  /// The same of system calls.
  static let callFormats = [
    EventFormatRow(event: 90, name: "raw_syscalls/sys_enter", format: ""),
    EventFormatRow(event: 91, name: "raw_syscalls/sys_exit", format: ""),
  ]

  var isCall: Bool {
    switch kind {
    case .call, .called: true
    default: false
    }
  }

  private var event: UInt64 {
    switch kind {
    case .exit: 40
    case .entry: 41
    case .userspace, .leaves: 42
    case .call: 90
    case .called: 91
    case .unload, .load: 43
    case .wakeup: 44
    case .leave, .arrive: 45
    case .detail(let event, _): 50 + UInt64(DetailEvent.allCases.firstIndex(of: event) ?? 0)
    case .woken, .wokenUrgently: 46
    case .waking: 47
    case .accounted: 48
    case .reading: 49
    case .foreign: 99
    }
  }

  private func field(_ id: ColumnID) -> UInt64? {
    if case .detail(_, let fields) = kind { fields[id] } else { nil }
  }

  /// The events as the columns of a block.
  static func columns(_ events: [KernelFixture]) -> ColumnSet {
    func column(_ id: ColumnID, _ value: (KernelFixture) -> UInt64?) -> Column {
      var presence = [UInt64](repeating: 0, count: (events.count + 63) / 64)
      let values = events.enumerated().map { row, event in
        guard let value = value(event) else { return UInt64(0) }
        presence[row >> 6] |= 1 << UInt64(row & 63)
        return value
      }
      return Column(id, .integers(values), presence: presence)
    }
    return ColumnSet(
      count: events.count,
      columns: [
        column(.tsc) { $0.tsc }, column(.kernelEvent) { $0.event },
        column(.thread) { event in
          switch event.kind {
          case .arrive(let other): UInt64(other)
          case .woken, .wokenUrgently, .waking: 0
          default: UInt64(event.thread)
          }
        },
        column(.reason) { event in
          switch event.kind {
          case .exit(let reason, _, _, _), .leaves(let reason): UInt64(reason)
          default: nil
          }
        },
        column(.isa) { if case .exit(_, let isa, _, _) = $0.kind { isa } else { nil } },
        column(.nestedLevel) { if case .exit(_, _, let level, _) = $0.kind { level } else { nil } },
        column(.flags) { event in
          switch event.kind {
          case .load: 1
          case .unload, .woken: 0
          case .wokenUrgently: 4
          default: event.field(.flags)
          }
        },
        column(.number) { event in
          switch event.kind {
          case .wakeup(let ns): ns
          case .called(let result): UInt64(bitPattern: result)
          default: event.field(.number)
          }
        },
        column(.info1) { event in
          switch event.kind {
          case .exit(_, _, _, let info1): info1
          case .call(_, let argument): argument
          default: event.field(.info1)
          }
        },
        column(.address) { if case .call(let number, _) = $0.kind { number } else { $0.field(.address) } },
        column(.size) { $0.field(.size) },
        column(.count) { $0.field(.count) }, column(.errorCode) { $0.field(.errorCode) },
        column(.info2) { $0.field(.info2) }, column(.apicID) { $0.field(.apicID) },
        column(.previous) { $0.field(.previous) },
        column(.nextThread) { event in
          switch event.kind {
          case .leave(let next, _): UInt64(next)
          case .arrive, .woken, .wokenUrgently, .waking, .accounted: UInt64(event.thread)
          default: nil
          }
        },
        column(.threadState) { event in
          switch event.kind {
          case .leave(_, let state): state
          case .arrive: 0
          default: nil
          }
        },
      ])
  }
}
