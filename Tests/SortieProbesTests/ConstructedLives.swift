import SortieTrace
import Testing
import TraceFixtures

@testable import SortieProbes

/// An event as it would stand in a CPU's buffer, and what it belongs to.
struct ConstructedEvent {
  var tsc: UInt64
  var cpu: Int
  var name: String
  var thread: UInt32
  var columns: [ColumnID: UInt64]
  /// The thread that comes to the CPU, of `sched_switch`.
  var next: UInt32?

  var isScheduler: Bool { name.hasPrefix("sched/") }
}

/// An operation that was made up.
struct ConstructedOperation {
  var thread: UInt32
  /// Its last event.
  var end: UInt64 = 0
  /// It has a beginning and an end.
  var isWhole = true
  var isHardware = true
  var reason: UInt64?
  var roundTrips: Set<UInt64> = []
  var ports: Set<UInt64> = []
  var pages: Set<UInt64> = []
  var length: UInt64 = 0
}

/// Lives of vCPU threads, made up event by event with what really happened.
struct ConstructedLives {
  private(set) var events: [ConstructedEvent] = []
  private(set) var operations: [ConstructedOperation] = []
  private var random: SeededGenerator
  private var cpu = 0
  private var tsc: UInt64 = 0

  static let cpus = 2
  static let threads: [UInt32] = [1000, 1001, 1002]
  static let ports: [UInt64] = [0x60, 0x61, 0x70, 0x3f8]
  static let pages: [UInt64] = [0xfed0_0000, 0xfee0_0000]
  static let (io, mmio, hlt): (UInt64, UInt64, UInt64) = (2, 6, 5)
  static let (svmPort, svmFault, svmMSR): (UInt64, UInt64, UInt64) = (0x7b, 0x400, 0x7c)

  /// CPUs go from one of the threads to another, who was not seen to lose its own: such an event is of two threads.
  let sharesEvents: Bool

  /// `isHardware`: the host reports entries and exits.
  init(seed: UInt64, isHardware: Bool) {
    sharesEvents = seed % 2 == 1
    random = SeededGenerator(state: seed)
    for (index, thread) in Self.threads.enumerated() {
      // No two threads have events at one time.
      tsc = 1000 + UInt64(index)
      begin(thread, isHardware)
      for _ in 0..<Int.random(in: 0...25, using: &random) {
        operations.append(isHardware ? exit(of: thread) : trip(of: thread))
      }
      cutOff(thread, isHardware)
    }
    events.sort { $0.tsc < $1.tsc }
  }

  private mutating func event(
    _ name: String, _ thread: UInt32, _ columns: [ColumnID: UInt64] = [:], next: UInt32? = nil
  ) {
    tsc += 3 * UInt64.random(in: 1...60, using: &random)
    events.append(
      ConstructedEvent(tsc: tsc, cpu: cpu, name: name, thread: thread, columns: columns, next: next))
  }

  /// The thread may lose its CPU, and come back on another one.
  private mutating func perhapsSwitched(_ thread: UInt32) {
    guard Int.random(in: 0..<5, using: &random) == 0 else { return }
    let other =
      !sharesEvents || Bool.random(using: &random)
      ? 77 : Self.threads.filter { $0 != thread }.randomElement(using: &random) ?? 77
    event("sched/sched_switch", thread, [.threadState: 0], next: other)
    cpu = Int.random(in: 0..<Self.cpus, using: &random)
    event("sched/sched_switch", 78, [.threadState: 0], next: thread)
  }

  private mutating func begin(_ thread: UInt32, _ isHardware: Bool) {
    event("raw_syscalls/sys_enter", thread, [.address: 16, .info1: 0xae80])
    event("kvm/kvm_fpu", thread, [.flags: 1])
    if isHardware { event("kvm/kvm_entry", thread) }
    operations.append(ConstructedOperation(thread: thread, end: tsc, isWhole: false))
  }

  private mutating func cutOff(_ thread: UInt32, _ isHardware: Bool) {
    if isHardware { event("kvm/kvm_exit", thread, [.reason: Self.svmMSR, .isa: 2]) }
    event("kvm/kvm_fpu", thread, [.flags: 0])
    operations.append(ConstructedOperation(thread: thread, end: .max, isWhole: false))
  }

  private mutating func exit(of thread: UInt32) -> ConstructedOperation {
    var operation = ConstructedOperation(thread: thread)
    let reasons: [UInt64] = [Self.svmPort, Self.svmFault, Self.svmMSR]
    let reason: UInt64 = reasons.randomElement(using: &random) ?? 0
    operation.reason = reason
    let port = Self.ports.randomElement(using: &random) ?? 0
    let page = (Self.pages.randomElement(using: &random) ?? 0) + UInt64.random(in: 0..<64, using: &random)
    var columns: [ColumnID: UInt64] = [.reason: reason, .isa: 2]
    if reason == Self.svmPort {
      columns[.info1] = port << 16 | 0x10
      operation.ports.insert(port)
    } else if reason == Self.svmFault {
      columns[.info2] = page
      operation.pages.insert(page)
    }
    perhapsSwitched(thread)
    event("kvm/kvm_exit", thread, columns)
    let start = tsc
    perhapsSwitched(thread)
    for _ in 0..<Int.random(in: 0...2, using: &random) where reason != Self.svmMSR {
      outAndBack(thread, reason == Self.svmPort ? Self.io : Self.mmio, &operation)
    }
    event("kvm/kvm_entry", thread)
    operation.end = tsc
    operation.length = tsc - start
    return operation
  }

  private mutating func outAndBack(
    _ thread: UInt32, _ reason: UInt64, _ operation: inout ConstructedOperation
  ) {
    let isKick = Int.random(in: 0..<6, using: &random) == 0
    event("kvm/kvm_fpu", thread, [.flags: 0])
    event("kvm/kvm_userspace_exit", thread, [.reason: reason, .errno: isKick ? 4 : 0])
    if !isKick { operation.roundTrips.insert(reason) }
    event("raw_syscalls/sys_exit", thread, [.address: 16, .number: isKick ? UInt64(bitPattern: -4) : 0])
    perhapsSwitched(thread)
    if Bool.random(using: &random) {
      event("raw_syscalls/sys_enter", thread, [.address: 1, .info1: 5])
      event("raw_syscalls/sys_exit", thread, [.address: 1, .number: 8])
    }
    event("raw_syscalls/sys_enter", thread, [.address: 16, .info1: 0xae80])
    event("kvm/kvm_fpu", thread, [.flags: 1])
  }

  /// A round trip where the kernel reports neither entries nor exits.
  private mutating func trip(of thread: UInt32) -> ConstructedOperation {
    var operation = ConstructedOperation(thread: thread, isHardware: false)
    let port = Self.ports.randomElement(using: &random) ?? 0
    let page = (Self.pages.randomElement(using: &random) ?? 0) + 4 * UInt64.random(in: 0..<16, using: &random)
    let kind = Int.random(in: 0..<6, using: &random)
    // What the kernel answers itself is no operation's place.
    if Int.random(in: 0..<4, using: &random) == 0 {
      event("kvm/kvm_pio", thread, [.address: 0x60, .size: 1, .count: 1, .flags: 1])
    }
    perhapsSwitched(thread)
    switch kind {
    case 0, 1: event("kvm/kvm_pio", thread, [.address: port, .size: 1, .count: 1, .flags: 1])
    case 2: event("kvm/kvm_mmio", thread, [.address: page, .size: 4, .flags: 1])
    case 3: event("kvm/kvm_mmio", thread, [.address: page, .size: 4, .flags: 2])
    case 4:
      event("kvm/kvm_mmio", thread, [.address: 0xfed0_0ffe, .size: 2, .flags: 1])
      event("kvm/kvm_mmio", thread, [.address: 0xfed0_1000, .size: 2, .flags: 1])
    default: break
    }
    let first = events.count
    func reason() -> UInt64 {
      [0, 1].contains(kind) ? Self.io : [2, 3, 4].contains(kind) ? Self.mmio : Self.hlt
    }
    out(thread, reason(), &operation)
    if kind == 4 { out(thread, Self.mmio, &operation) }
    let start = events[first].tsc
    switch kind {
    case 0, 1: operation.ports.insert(port)
    case 2, 3: operation.pages.insert(page)
    case 4: operation.pages.formUnion([0xfed0_0ffe, 0xfed0_1000])
    default: break
    }
    operation.length = tsc - start
    if kind == 3 { event("kvm/kvm_mmio", thread, [.address: page, .size: 4, .flags: 0, .number: 9]) }
    operation.end = tsc
    return operation
  }

  private mutating func out(_ thread: UInt32, _ reason: UInt64, _ operation: inout ConstructedOperation) {
    event("kvm/kvm_fpu", thread, [.flags: 0])
    event("kvm/kvm_userspace_exit", thread, [.reason: reason, .errno: 0])
    operation.roundTrips.insert(reason)
    event("raw_syscalls/sys_exit", thread, [.address: 16, .number: 0])
    perhapsSwitched(thread)
    event("raw_syscalls/sys_enter", thread, [.address: 16, .info1: 0xae80])
    event("kvm/kvm_fpu", thread, [.flags: 1])
  }

  /// The operation of `thread` that what happens at `tsc` belongs to: the one that ends next.
  func operation(of thread: UInt32, at tsc: UInt64) -> Int? {
    operations.indices.first { operations[$0].thread == thread && operations[$0].end >= tsc }
  }
}

extension OperationFilter {
  /// The same decision, from what an operation was made of.
  func wants(_ operation: ConstructedOperation) -> Bool {
    guard operation.isWhole, operation.length >= leastCycles else { return false }
    let hasReason =
      operation.reason.map { hardwareReasons.contains(HardwareReason(isa: 2, number: UInt32($0))) } == true
      || operation.roundTrips.contains { roundTripReasons.contains(UInt32($0)) }
    let hasPlace =
      operation.ports.contains { port in ports.contains { $0.contains(UInt16(port)) } }
      || operation.pages.contains { page in memory.contains { $0.contains(page) } }
    return (hardwareReasons.isEmpty && roundTripReasons.isEmpty || hasReason)
      && (ports.isEmpty && memory.isEmpty || hasPlace)
  }
}
