import SortieTrace

/// Tells the round trips of a vCPU by the system calls of its thread, where no machine monitor stamped them.
///
/// `u0` is the `sys_exit` of the `ioctl` that a `kvm_userspace_exit` came in, `u1` the `sys_enter` of the next `KVM_RUN`
/// (kernel/entry/common.c: `syscall_exit_work`, `syscall_trace_enter`). Both lie on the kernel's side of the border: the
/// processor's way out and in, a signal's delivery and being preempted on the way out are in `u0..u1`, so that stage 4
/// has them and stage 2 has not. The order of the stamps is that of a machine monitor's own: f0, k1, u0, u1, f1.
///
/// The reason is that of `kvm_userspace_exit`. What a port or memory access was about, the exit itself, `kvm_pio` or
/// `kvm_mmio` tell; that of a read from a port comes behind `u1`, when KVM gives the guest what user space answered.
struct SystemCallTrips {
  /// Events in order of time without the system calls, and the round trips among them.
  struct Chunk {
    var events: [KernelEventRecord] = []
    var roundTrips: [RoundTripRecord] = []
    /// All round trips that begin before this have been given.
    var end: UInt64 = 0
  }

  /// A round trip that is not complete.
  private struct Open {
    var record: RoundTripRecord
    /// Its events begin here among those not given yet.
    let position: Int
    var calls = SystemCallTable.Site()
    /// Nothing has told yet what it was about.
    var needsAccess = false
  }

  /// The calls made between round trips.
  private(set) var calls = SystemCallTable()

  private var losses: LossMap
  private var chunk = Chunk()
  private var open: Open?
  /// The call that the thread is in.
  private var call: (call: SystemCall, start: UInt64)?
  /// `kvm_userspace_exit` since the last call.
  private var exit: UInt32?
  private var accesses = AccessMemory()

  /// Events that a round trip may hold back: one whose end never comes is given up with that.
  private static let mostHeld = 1 << 16
  /// `EINTR` and `EAGAIN` (asm-generic/errno-base.h): a signal, an immediate exit or a start-up IPI, but no exit of the
  /// guest, brought the vCPU back.
  private static let kicks: Set<UInt16> = [4, 11]

  /// Neither calls nor instructions are told.
  private let isBrief: Bool

  init(losses: LossMap, isBrief: Bool = false) {
    self.losses = losses
    self.isBrief = isBrief
  }

  /// Events are missing in `range`, as became known only now.
  mutating func add(loss range: ClosedRange<UInt64>) { losses.add(range) }

  /// The round trip that is not complete, and the events since, which were not given yet; nil: there is none.
  var held: (record: RoundTripRecord, events: ArraySlice<KernelEventRecord>)? {
    open.map { ($0.record, chunk.events[$0.position...]) }
  }

  /// Takes the next events of the thread.
  mutating func take(_ events: some Sequence<KernelEventRecord>) -> Chunk {
    for event in events { take(event) }
    if let open, chunk.events.count - open.position > Self.mostHeld { complete() }
    return release()
  }

  /// There are no more events: what is open has no end.
  mutating func finish() -> Chunk {
    complete()
    chunk.end = .max
    return release()
  }

  /// What can be placed already: all before the round trip that is open.
  private mutating func release() -> Chunk {
    guard let held = open else {
      chunk.end = max(chunk.end, chunk.events.last?.tsc ?? 0)
      defer { chunk = Chunk(end: chunk.end) }
      return chunk
    }
    let rest = Array(chunk.events[held.position...])
    chunk.events.removeSubrange(held.position...)
    chunk.end = max(chunk.end, held.record.u0)
    defer {
      chunk = Chunk(events: rest, end: chunk.end)
      open = Open(record: held.record, position: 0, calls: held.calls, needsAccess: held.needsAccess)
    }
    return chunk
  }

  private mutating func take(_ event: KernelEventRecord) {
    switch event.kind {
    case .callBegins(let begun):
      if begun.isRun { enter(at: event.tsc) } else { call = (begun, event.tsc) }
      exit = nil
      return
    case .callEnds(let result):
      if let exit { leave(at: event.tsc, exit, result) } else { endCall(at: event.tsc) }
      exit = nil
      return
    case .exit(_, _, let detail):
      complete()
      accesses.exit(detail, rip: event.rip)
    case .entry:
      complete()
      accesses.entry()
    case .userspaceExit(let reason, _):
      complete()
      exit = reason
    case .leftOut:
      complete()
      (call, exit, accesses) = (nil, nil, AccessMemory())
    case .load where open?.record.u1 == 0: complete()
    case .detail(.port, let detail): takePort(detail, event.count)
    case .detail(.memory, let detail): accesses.memory(detail)
    default: break
    }
    chunk.events.append(event)
  }

  /// `KVM_RUN` returned.
  private mutating func leave(at tsc: UInt64, _ reason: UInt32, _ result: Int64) {
    complete()
    call = nil
    var record = RoundTripRecord(
      u0: tsc, rip: isBrief ? 0 : accesses.rip,
      errno: UInt16(clamping: result < 0 ? 0 - max(result, -4095) : 0))
    if record.rip != 0 { record.flags.insert(.ripIsCurrent) }
    var needsAccess = false
    if Self.kicks.contains(record.errno) {
      record.flags.insert(.kick)
    } else if record.errno == 0 {
      record.reason = reason
      needsAccess = !accesses.describe(&record)
    }
    open = Open(record: record, position: chunk.events.count, needsAccess: needsAccess)
  }

  /// `KVM_RUN` is called.
  private mutating func enter(at tsc: UInt64) {
    call = nil
    accesses.call()
    guard var trip = open, trip.record.u1 == 0, !losses.overlaps(min(trip.record.u0, tsc), tsc) else {
      complete()
      chunk.roundTrips.append(RoundTripRecord(u1: tsc, flags: .firstEntry))
      return
    }
    trip.record.u1 = tsc
    open = trip
    if !trip.needsAccess { complete() }
  }

  private mutating func endCall(at tsc: UInt64) {
    guard let ended = call, tsc >= ended.start else { return }
    call = nil
    guard !isBrief else { return }
    if !losses.overlaps(ended.start, tsc) { open?.calls.add(ended.call, cycles: tsc - ended.start) }
  }

  /// Nothing more is to be learnt of the round trip that is open: its end and its access are known, or the thread is in
  /// `KVM_RUN` and further on without them.
  private mutating func complete() {
    guard let trip = open else { return }
    open = nil
    chunk.roundTrips.append(trip.record)
    guard !isBrief, trip.record.u1 >= trip.record.u0 else { return }
    calls.add(SiteKey(trip.record), cycles: trip.record.u1 - trip.record.u0, trip.calls)
  }

  private mutating func takePort(_ detail: ExitDetail, _ count: UInt32) {
    guard let access = accesses.port(detail, count) else { return }
    if var trip = open, trip.record.u1 != 0, trip.needsAccess {
      if !access.isWrite {
        access.fill(&trip.record)
        open = trip
      }
      complete()
    }
  }
}
