internal import SortieTrace

/// Keeps whole operations of vCPU threads, or leaves them out whole, before they are written.
///
/// Events are held until all CPUs' buffers have been read up to them: a thread may move to another CPU in the middle of an
/// operation. What is left out is counted: ``LeftOut``. What belongs to no operation that can be judged (cut off where
/// recording began or ended, or by a loss) is left out too. Used by the recorder's thread only.
final class OperationSieve {
  /// What an event is to an operation.
  private enum Kind {
    case exit
    case entry
    case userspaceExit
    case fpu
    case callBegin
    case port
    case memory
    case pageFault
    /// `sched_switch`: of two threads.
    case threadSwitch
    /// Of the thread that it names as the next one.
    case ofNextThread
    case other
  }

  private static let names: [String: Kind] = [
    "kvm/kvm_exit": .exit, "kvm/kvm_entry": .entry, "kvm/kvm_userspace_exit": .userspaceExit,
    "kvm/kvm_fpu": .fpu, "raw_syscalls/sys_enter": .callBegin, "kvm/kvm_pio": .port, "kvm/kvm_mmio": .memory,
    "kvm/kvm_page_fault": .pageFault, "sched/sched_switch": .threadSwitch,
    "sched/sched_wakeup": .ofNextThread, "sched/sched_waking": .ofNextThread,
    "sched/sched_stat_runtime": .ofNextThread,
  ]

  private static func position(_ id: ColumnID) -> Int { KernelRows.kernel.firstIndex(of: id) ?? 0 }
  private static let (flags, reason, isa) = (position(.flags), position(.reason), position(.isa))
  private static let (info1, info2, errno) = (position(.info1), position(.info2), position(.errno))
  private static let (address, size) = (position(.address), position(.size))
  private static let nextThread = KernelRows.scheduler.firstIndex(of: .nextThread) ?? 0

  /// `KVM_EXIT_IO`, `KVM_EXIT_MMIO` (linux/kvm.h).
  private static let (io, mmio): (UInt64, UInt64) = (2, 6)
  /// `SVM_EXIT_IOIO`, `SVM_EXIT_NPF` (asm/svm.h), `EXIT_REASON_IO_INSTRUCTION` (asm/vmx.h).
  private static let (svmPort, svmFault, vmxPort): (UInt64, UInt64, UInt64) = (0x7b, 0x400, 30)
  /// `ioctl` on x86-64 and `KVM_RUN`.
  private static let (ioctl, run): (UInt64, UInt64) = (16, 0xae80)

  /// Cycles after which an operation that has not ended is decided by what is known of it, some tenths of a second.
  static let patience: UInt64 = 1 << 30
  /// Events of one operation after which it is, too.
  private static let mostRows = 1 << 14
  /// Rows held after which all are.
  private static let mostHeld = 1 << 18

  private let filter: OperationFilter
  private let kinds: [UInt64: Kind]
  /// `kvm_fpu` is recorded: it tells where a thread leaves for user space and is back.
  private let hasSwitchStamps: Bool
  /// `kvm_mmio` is recorded: it comes before each return to user space of an access to memory.
  private let tellsMemory: Bool
  private var streams: [HeldRows]
  /// The threads by id; those that run no vCPU for as long as they have something left out.
  private var threads: [UInt32: SievedThread] = [:]
  private var traced: Set<UInt32> = []
  private var leftOut: [[LeftOut.Row]]
  private var losses: [ClosedRange<UInt64>] = []

  /// A sieve of the events `layouts` from `cpus` CPUs' buffers, whose streams are kernel's and scheduler's in turns.
  init(_ filter: OperationFilter, _ layouts: [EventLayout], cpus: Int) {
    self.filter = filter
    kinds = Dictionary(
      layouts.compactMap { layout in Self.names[layout.event.name].map { (UInt64(layout.format.id), $0) } }
    ) { first, _ in first }
    hasSwitchStamps = layouts.contains { $0.event.name == "kvm/kvm_fpu" }
    tellsMemory = layouts.contains { $0.event.name == "kvm/kvm_mmio" }
    streams = (0..<2 * cpus).map {
      HeldRows(width: ($0 % 2 == 0 ? KernelRows.kernel : KernelRows.scheduler).count)
    }
    leftOut = streams.map { _ in [] }
  }

  /// Whether anything is held or waits to be written.
  var isEmpty: Bool {
    streams.allSatisfy { $0.count == 0 } && leftOut.allSatisfy(\.isEmpty)
      && threads.values.allSatisfy { $0.gap == nil }
  }

  /// Operations of these threads are told from now on.
  func add(_ ids: [UInt32]) {
    for id in ids {
      traced.insert(id)
      threads[id] = threads[id] ?? SievedThread(id)
    }
  }

  /// Takes over the rows of stream number `stream`, in order of time.
  func hold(_ rows: KernelRows, stream: Int) { streams[stream].append(rows) }

  /// Events are missing in this range, on any thread. Precondition: none behind it was looked at.
  func noteLoss(_ range: ClosedRange<UInt64>) { losses.append(range) }

  /// Looks at the events before `limit`, all of which are held.
  func advance(before limit: UInt64) {
    while let (stream, next) = leading(limit) {
      // A thread seldom changes its CPU: one stream leads for long.
      repeat { look(stream) } while streams[stream].head.map { $0 <= next && $0 < limit } ?? false
    }
    for loss in losses where loss.upperBound < limit {
      for id in Array(threads.keys) where threads[id].map({ $0.last <= loss.upperBound }) ?? false { cut(id) }
    }
    losses.removeAll { $0.upperBound < limit }
    let isCrowded = streams.reduce(0) { $0 + $1.count } > Self.mostHeld
    for id in Array(threads.keys) { hurry(id, at: limit, isCrowded: isCrowded) }
  }

  /// The stream whose next event is the earliest, and the stamp of the next one of any other.
  private func leading(_ limit: UInt64) -> (stream: Int, next: UInt64)? {
    var best: (stream: Int, tsc: UInt64)?
    var next = UInt64.max
    for (stream, rows) in streams.enumerated() {
      guard let tsc = rows.head, tsc < limit else { continue }
      guard let known = best, known.tsc <= tsc else {
        next = min(next, best?.tsc ?? .max)
        best = (stream, tsc)
        continue
      }
      next = min(next, tsc)
    }
    return best.map { ($0.stream, next) }
  }

  /// There will be no more events: what is open was not seen to its end.
  func finish() {
    for id in Array(threads.keys) { cut(id) }
  }

  /// Gives away what is decided: `write` gets the number of a stream whose rows in `output` are full.
  func release(
    to output: [KernelRows], _ write: (_ stream: Int) throws(TraceError) -> Void
  ) throws(TraceError) {
    var limit = UInt64.max
    for thread in threads.values where !thread.rows.isEmpty { limit = min(limit, thread.first) }
    for id in Array(threads.keys) { closeGap(&threads[id, default: SievedThread(id)], before: limit) }
    for stream in streams.indices {
      var marks = leftOut[stream].sorted { $0.tsc < $1.tsc }[...]
      leftOut[stream] = []
      func mark(upTo tsc: UInt64) throws(TraceError) {
        while let first = marks.first, first.tsc <= tsc {
          marks.removeFirst()
          if output[stream].isFull { try write(stream) }
          LeftOut.append(first, to: output[stream])
        }
      }
      let rows = streams[stream].rows(before: limit)
      for row in rows where streams[stream].isKept(row) {
        try mark(upTo: streams[stream][row, KernelRows.tsc])
        if output[stream].isFull { try write(stream) }
        let index = output[stream].append(columns: streams[stream].columns(of: row))
        for column in 0..<streams[stream].width {
          output[stream].set(index, column, streams[stream][row, column])
        }
      }
      streams[stream].removeFirst(rows.count)
      if limit > 0 { try mark(upTo: limit - 1) }
      leftOut[stream] = Array(marks)
    }
    threads = threads.filter { traced.contains($0.key) || !$0.value.rows.isEmpty || $0.value.gap != nil }
  }

  /// Hands over to the trace what is left out of a thread, if that begins before `limit`.
  private func closeGap(_ thread: inout SievedThread, before limit: UInt64) {
    guard let gap = thread.gap, gap.first < limit else { return }
    leftOut[gap.stream].append(
      LeftOut.Row(
        tsc: gap.first, since: gap.since, until: gap.last, events: gap.events, operations: gap.operations,
        thread: thread.id, owner: thread.owner))
    thread.continuesFrom = thread.last == gap.last && !thread.isBetween ? gap.last : nil
    thread.gap = nil
  }
}

extension OperationSieve {
  /// Looks at the next row of a stream.
  private func look(_ stream: Int) {
    let row = streams[stream].position
    let kind = kinds[streams[stream][row, KernelRows.event]] ?? .other
    let own = UInt32(truncatingIfNeeded: streams[stream][row, KernelRows.thread])
    var owners = [own]
    switch kind {
    case .threadSwitch:
      let next = UInt32(truncatingIfNeeded: streams[stream][row, Self.nextThread])
      let known = [own, next].filter(traced.contains)
      if !known.isEmpty { owners = known }
    case .ofNextThread: owners = [UInt32(truncatingIfNeeded: streams[stream][row, Self.nextThread])]
    default: break
    }
    streams[stream].pass(owners: owners.count)
    for owner in owners {
      take(kind, SievedThread.Row(stream: stream, row: row), &threads[owner, default: SievedThread(owner)])
    }
  }

  private func take(_ kind: Kind, _ row: SievedThread.Row, _ thread: inout SievedThread) {
    let tsc = streams[row.stream][row.row, KernelRows.tsc]
    if !losses.isEmpty, losses.contains(where: { $0.lowerBound <= tsc && thread.last <= $0.upperBound }) {
      cut(&thread)
    }
    thread.last = tsc
    if thread.owner == nil, row.stream % 2 == 0, streams[row.stream].isPresent(row.row, KernelRows.vm) {
      thread.owner = (
        streams[row.stream][row.row, KernelRows.vm], streams[row.stream][row.row, KernelRows.vcpu]
      )
    }
    func value(_ column: Int) -> UInt64 {
      streams[row.stream].isPresent(row.row, column) ? streams[row.stream][row.row, column] : 0
    }
    switch kind {
    case .exit:
      if !thread.isHardware, thread.whereabouts == .back { end(&thread) }
      if thread.hasExit || !thread.isHardware || thread.state == .lost { abandon(&thread) }
      thread.isHardware = true
      gather(row, tsc, &thread)
      thread.hasExit = true
      thread.start = tsc
      describe(&thread, isa: value(Self.isa), value(Self.reason), value(Self.info1), value(Self.info2))
    case .entry:
      thread.isHardware = true
      gather(row, tsc, &thread)
      thread.end = tsc
      if thread.hasExit { end(&thread) } else { abandon(&thread) }
    case .fpu where value(Self.flags) & 1 != 0:
      gather(row, tsc, &thread)
      guard !thread.isHardware else { return }
      if thread.state == .lost { thread.beginAnew() } else { comeBack(&thread, at: tsc) }
    case .fpu:
      if thread.whereabouts == .back, thread.memory.pending == 0 { end(&thread) }
      gather(row, tsc, &thread)
      leave(&thread, at: tsc)
    case .userspaceExit:
      if thread.whereabouts == .back, thread.memory.pending == 0 { end(&thread) }
      gather(row, tsc, &thread)
      leave(&thread, at: tsc)
      // With an error the reason is a stale one.
      guard value(Self.errno) == 0 else { return }
      if tellsMemory, !thread.isHardware, value(Self.reason) == Self.mmio, thread.memory.pending == 0 {
        // The other half of an access across a page, whose first was not seen.
        return cut(&thread)
      }
      describe(&thread, roundTrip: value(Self.reason))
    case .callBegin:
      gather(row, tsc, &thread)
      guard !thread.isHardware, !hasSwitchStamps, value(Self.address) == Self.ioctl,
        value(Self.info1) & 0xffff_ffff == Self.run
      else { return }
      if thread.state == .lost { thread.beginAnew() } else { comeBack(&thread, at: tsc) }
    case .port:
      takePort(
        row, tsc, isWrite: value(Self.flags) & 1 != 0,
        isWanted: filter.hasPort(value(Self.address), size: value(Self.size)), &thread)
    case .memory:
      let (address, size) = (value(Self.address), value(Self.size))
      takeMemory(
        row, tsc, address...(address &+ size < address ? .max : address + size), value(Self.flags),
        isWanted: filter.hasMemory(address, size: size), &thread)
    case .pageFault:
      gather(row, tsc, &thread)
      if filter.hasMemory(value(Self.address), size: 1) { thread.hasPlace = true }
    case .threadSwitch, .ofNextThread, .other: gather(row, tsc, &thread)
    }
  }

  /// What the exit of the hardware says of itself.
  private func describe(
    _ thread: inout SievedThread, isa: UInt64, _ reason: UInt64, _ info1: UInt64, _ info2: UInt64
  ) {
    if filter.hasReason(isa: isa, number: reason) { thread.hasReason = true }
    switch (isa, isa == 1 ? reason & 0xffff : reason) {
    case (2, Self.svmPort):
      // EXITINFO1 (AMD APM volume 2, section 15.10.2).
      if filter.hasPort(info1 >> 16 & 0xffff, size: info1 >> 4 & 7) { thread.hasPlace = true }
    case (1, Self.vmxPort):
      // The exit qualification (Intel SDM volume 3, table 28-5).
      if filter.hasPort(info1 >> 16 & 0xffff, size: (info1 & 7) + 1) { thread.hasPlace = true }
    case (2, Self.svmFault): if filter.hasMemory(info2, size: 1) { thread.hasPlace = true }
    default: break
    }
  }

  private func describe(_ thread: inout SievedThread, roundTrip reason: UInt64) {
    if filter.roundTripReasons.contains(UInt32(truncatingIfNeeded: reason)) { thread.hasReason = true }
    guard !thread.isHardware else { return }
    switch reason {
    case Self.io:
      if thread.portWrite == true { thread.hasPlace = true }
      thread.awaitsAnswer = thread.portWrite == nil
      thread.portWrite = nil
    case Self.mmio where thread.memory.pending > 0:
      if thread.memory.isWanted { thread.hasPlace = true }
      thread.awaitsAnswer = thread.memory.isRead
      thread.memory.pending -= 1
    default: break
    }
  }

  /// The thread is on its way to user space.
  private func leave(_ thread: inout SievedThread, at tsc: UInt64) {
    guard !thread.isHardware, thread.state != .lost else { return }
    thread.start = thread.start ?? tsc
    thread.whereabouts = .userSpace
  }

  /// The thread is back from user space, where the kernel does not report entries.
  private func comeBack(_ thread: inout SievedThread, at tsc: UInt64) {
    guard thread.whereabouts == .userSpace else { return }
    thread.whereabouts = .back
    thread.end = tsc
    // KVM has yet to give the guest what user space answered, or the other half of an access across a page follows.
    if !thread.awaitsAnswer, thread.memory.pending == 0 { end(&thread) }
  }

  private func takePort(
    _ row: SievedThread.Row, _ tsc: UInt64, isWrite: Bool, isWanted: Bool, _ thread: inout SievedThread
  ) {
    guard !thread.isHardware else {
      gather(row, tsc, &thread)
      if isWanted { thread.hasPlace = true }
      return
    }
    // Of an operation that was cut off, or the kernel's own.
    if !isWrite, thread.isBetween { return leaveOut([row], &thread) }
    let isAnswer = thread.whereabouts == .back && thread.awaitsAnswer && !isWrite
    if thread.whereabouts == .back, !isAnswer { end(&thread) }
    gather(row, tsc, &thread)
    if isAnswer {
      if isWanted { thread.hasPlace = true }
      end(&thread)
    } else if isWrite {
      thread.portWrite = isWanted
    }
  }

  /// `flags`: bit 0 a write, bit 1 a read that KVM cannot answer; without, one that has its answer.
  private func takeMemory(
    _ row: SievedThread.Row, _ tsc: UInt64, _ range: ClosedRange<UInt64>, _ flags: UInt64, isWanted: Bool,
    _ thread: inout SievedThread
  ) {
    guard !thread.isHardware else {
      gather(row, tsc, &thread)
      if isWanted { thread.hasPlace = true }
      return
    }
    let isAnswer = flags & 3 == 0
    if isAnswer, thread.isBetween { return leaveOut([row], &thread) }
    if thread.whereabouts == .back, !isAnswer { end(&thread) }
    gather(row, tsc, &thread)
    if isAnswer {
      if thread.whereabouts == .back, thread.awaitsAnswer { end(&thread) }
      return
    }
    let goesOn =
      thread.memory.pending == 1 && thread.memory.end == range.lowerBound && range.lowerBound & 0xfff == 0
    thread.memory = (
      isWanted || goesOn && thread.memory.isWanted, flags & 1 == 0, range.upperBound, goesOn ? 2 : 1
    )
  }

  /// Puts an event where the operation goes.
  private func gather(_ row: SievedThread.Row, _ tsc: UInt64, _ thread: inout SievedThread) {
    switch traced.contains(thread.id) ? thread.state : .lost {
    case .lost, .dropping: leaveOut([row], &thread)
    case .keeping: keep([row], &thread)
    case .open:
      if thread.rows.isEmpty { thread.first = tsc }
      thread.rows.append(row)
    }
  }

  /// The operation was seen to its end.
  private func end(_ thread: inout SievedThread) {
    if thread.state == .open {
      let length = thread.start.map { thread.end >= $0 ? thread.end - $0 : 0 } ?? 0
      if isWanted(thread), length >= filter.leastCycles {
        keep(thread.rows, &thread)
      } else {
        leaveOut(thread.rows, &thread)
        thread.gap?.operations += 1
      }
    }
    thread.beginAnew()
  }

  private func isWanted(_ thread: SievedThread) -> Bool {
    (!filter.wantsReason || thread.hasReason) && (!filter.wantsPlace || thread.hasPlace)
  }

  /// What there is of the operation cannot be judged; the next event begins another.
  private func abandon(_ thread: inout SievedThread) {
    leaveOut(thread.rows, &thread)
    thread.beginAnew()
  }

  /// What there is of the operation cannot be judged, and when another begins is to be seen.
  private func cut(_ thread: inout SievedThread) {
    abandon(&thread)
    thread.state = .lost
  }

  private func cut(_ id: UInt32) { cut(&threads[id, default: SievedThread(id)]) }

  /// Decides an operation that holds back others for too long by what is known of it at `tsc`.
  private func hurry(_ id: UInt32, at tsc: UInt64, isCrowded: Bool) {
    guard let known = threads[id], known.state == .open, !known.rows.isEmpty else { return }
    let isFull = isCrowded || known.rows.count > Self.mostRows
    guard isFull || tsc != .max && tsc > known.first && tsc - known.first > Self.patience else { return }
    func decide(_ thread: inout SievedThread) {
      guard let start = thread.start else {
        // Nothing says yet that there is an operation.
        leaveOut(thread.rows, &thread)
        thread.rows.removeAll()
        return
      }
      if !thread.isHardware, thread.whereabouts == .back { return end(&thread) }
      let isLong = tsc >= start && tsc - start >= filter.leastCycles
      if isWanted(thread), isLong {
        keep(thread.rows, &thread)
        thread.state = .keeping
      } else if isFull || !isWanted(thread) {
        leaveOut(thread.rows, &thread)
        thread.gap?.operations += 1
        thread.state = .dropping
      } else {
        return
      }
      thread.rows.removeAll()
    }
    decide(&threads[id, default: SievedThread(id)])
  }

  private func leaveOut(_ rows: [SievedThread.Row], _ thread: inout SievedThread) {
    for row in rows {
      let tsc = streams[row.stream][row.row, KernelRows.tsc]
      var gap =
        thread.gap
        ?? SievedThread.Gap(
          stream: row.stream & ~1, first: tsc, since: thread.continuesFrom ?? tsc, last: tsc)
      thread.continuesFrom = nil
      gap.last = max(gap.last, tsc)
      if streams[row.stream].decide(row.row, isKept: false) { gap.events += 1 }
      thread.gap = gap
    }
  }

  private func keep(_ rows: [SievedThread.Row], _ thread: inout SievedThread) {
    guard !rows.isEmpty else { return }
    closeGap(&thread, before: .max)
    thread.continuesFrom = nil
    for row in rows { _ = streams[row.stream].decide(row.row, isKept: true) }
  }
}
