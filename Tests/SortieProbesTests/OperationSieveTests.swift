import Foundation
import SortieAnalysis
import SortieTrace
import Testing
import TraceFixtures

@testable import SortieProbes

private let cases: UInt64 = ProcessInfo.processInfo.environment["SORTIE_TEST_LONG"] == nil ? 200 : 5000

/// What comes out of a sieve into which events were put.
private struct Sifted {
  /// Rows by stream, marks of what was left out among them.
  var rows: [[DecodedRow]]
  var sets: [[ColumnSet]]

  var marks: [DecodedRow] { rows.joined().filter { $0[.kernelEvent] == LeftOutEvent.number } }
  var events: [DecodedRow] { rows.joined().filter { $0[.kernelEvent] != LeftOutEvent.number } }
}

@Suite struct OperationSieveTests {
  private let layouts: [EventLayout]
  private let numbers: [String: UInt64]

  init() throws {
    let layouts = try RecordedKernel.all[1].layouts
    self.layouts = layouts
    numbers = Dictionary(uniqueKeysWithValues: layouts.map { ($0.event.name, UInt64($0.format.id)) })
  }

  private func put(_ event: ConstructedEvent, into rows: KernelRows) {
    let columns = event.isScheduler ? KernelRows.scheduler : KernelRows.kernel
    var values = event.columns
    (values[.tsc], values[.kernelEvent], values[.thread]) = (
      event.tsc, numbers[event.name] ?? 0, UInt64(event.thread)
    )
    if let next = event.next { values[.nextThread] = UInt64(next) }
    let isVCPUs = !event.isScheduler && ConstructedLives.threads.contains(event.thread)
    if isVCPUs { (values[.vm], values[.vcpu]) = (0, UInt64(event.thread - 1000)) }
    let row = rows.append(
      columns: columns.enumerated().reduce(0) { values[$1.element] == nil ? $0 : $0 | 1 << UInt32($1.offset) }
    )
    for (column, id) in columns.enumerated() { rows.set(row, column, values[id] ?? 0) }
  }

  /// Puts `events` through a sieve in `turns`, each up to a stamp, as drains of the kernel's buffers would.
  private func sift(
    _ events: [ConstructedEvent], _ filter: OperationFilter, turns: [UInt64],
    losses: [ClosedRange<UInt64>] = []
  ) throws -> Sifted {
    let sieve = OperationSieve(filter, layouts, cpus: ConstructedLives.cpus)
    sieve.add(ConstructedLives.threads)
    let output = try (0..<2 * ConstructedLives.cpus).map {
      try KernelRows($0 % 2 == 0 ? KernelRows.kernel : KernelRows.scheduler)
    }
    var sifted = Sifted(rows: output.map { _ in [] }, sets: output.map { _ in [] })
    func take(_ stream: Int) {
      let set = output[stream].take()
      guard set.count > 0 else { return }
      sifted.sets[stream].append(set)
      sifted.rows[stream] += (0..<set.count).map { DecodedRow(set: set, row: $0) }
    }
    var rest = events[...]
    var previous: UInt64 = 0
    for turn in turns + [.max] {
      let kernel = try (0..<ConstructedLives.cpus).map { _ in try KernelRows(KernelRows.kernel) }
      let scheduler = try (0..<ConstructedLives.cpus).map { _ in try KernelRows(KernelRows.scheduler) }
      for event in rest.prefix(while: { $0.tsc < turn }) {
        put(event, into: event.isScheduler ? scheduler[event.cpu] : kernel[event.cpu])
      }
      rest = rest.drop { $0.tsc < turn }
      for cpu in 0..<ConstructedLives.cpus {
        sieve.hold(kernel[cpu], stream: 2 * cpu)
        sieve.hold(scheduler[cpu], stream: 2 * cpu + 1)
      }
      for loss in losses where loss.upperBound >= previous && loss.upperBound < turn { sieve.noteLoss(loss) }
      sieve.advance(before: turn == .max ? .max : previous)
      if turn == .max { sieve.finish() }
      try sieve.release(to: output) { take($0) }
      for stream in output.indices { take(stream) }
      previous = turn
    }
    #expect(sieve.isEmpty)
    return sifted
  }

  private func filter(_ random: inout SeededGenerator) -> OperationFilter {
    var filter = OperationFilter()
    if Bool.random(using: &random) {
      filter.hardwareReasons = [
        OperationFilter.HardwareReason(isa: 2, number: [0x7b, 0x400].randomElement(using: &random) ?? 0)
      ]
    }
    if Bool.random(using: &random) { filter.roundTripReasons = [Bool.random(using: &random) ? 2 : 6] }
    if Bool.random(using: &random) { filter.ports = [0x60...0x64] }
    if Bool.random(using: &random) { filter.memory = [0xfed0_0000...0xfed0_0fff] }
    if Bool.random(using: &random) { filter.leastCycles = UInt64.random(in: 1...2000, using: &random) }
    return filter
  }

  private func turns(_ events: [ConstructedEvent], _ random: inout SeededGenerator) -> [UInt64] {
    let last = events.last?.tsc ?? 1
    return (0..<Int.random(in: 0...12, using: &random)).map { _ in
      UInt64.random(in: 0...last, using: &random)
    }.sorted()
  }

  /// What is kept is what remains when the other operations are taken away, and everything else is counted.
  @Test(arguments: [true, false], 0..<cases)
  func operationsAreKeptOrLeftOutWhole(isHardware: Bool, seed: UInt64) throws {
    var random = SeededGenerator(state: seed << 20)
    let lives = ConstructedLives(seed: seed, isHardware: isHardware)
    let filter = filter(&random)
    let sifted = try sift(lives.events, filter, turns: turns(lives.events, &random))

    let isKept = lives.operations.map(filter.wants)
    func owners(_ event: ConstructedEvent) -> [UInt32] {
      [event.thread, event.next].compactMap(\.self).filter(ConstructedLives.threads.contains)
    }
    func stays(_ event: ConstructedEvent) -> Bool {
      owners(event).contains { owner in lives.operation(of: owner, at: event.tsc).map { isKept[$0] } == true }
    }
    let expected = lives.events.filter(stays)
    #expect(sifted.events.compactMap { $0[.tsc] }.sorted() == expected.map(\.tsc))
    #expect(
      sifted.marks.reduce(0) { $0 + ($1[.count] ?? 0) } == UInt64(lives.events.count - expected.count))
    let dropped = zip(lives.operations, isKept).count { $0.isWhole && !$1 }
    #expect(sifted.marks.reduce(0) { $0 + ($1[.info1] ?? 0) } == UInt64(dropped))
    for rows in sifted.rows {
      let stamps = rows.compactMap { $0[.tsc] }
      #expect(stamps == stamps.sorted(), "each stream is in order of time")
    }
    // What a thread did is either kept or inside what is said to be left out of it, and never both.
    for event in lives.events {
      for owner in owners(event) {
        guard let operation = lives.operation(of: owner, at: event.tsc) else { continue }
        let isCovered = sifted.marks.contains { mark in
          mark[.thread] == UInt64(owner) && (mark[.previous] ?? 0) <= event.tsc
            && event.tsc <= (mark[.number] ?? 0)
        }
        #expect(isCovered != isKept[operation], "\(event)")
      }
    }
    try expectAnalysis(of: sifted, toBeOf: expected, lives, isKept)
  }

  /// The analysis of the filtered trace tells what that of the operations kept tells.
  private func expectAnalysis(
    of sifted: Sifted, toBeOf expected: [ConstructedEvent], _ lives: ConstructedLives, _ isKept: [Bool]
  ) throws {
    let formats =
      layouts.map { EventFormatRow(event: UInt64($0.format.id), name: $0.event.name, format: "") } + [
        LeftOutEvent.format
      ]
    func trace(_ sets: [[ColumnSet]]) -> MemoryTrace {
      var trace = MemoryTrace()
      for (stream, blocks) in sets.enumerated() {
        trace.add(blocks, stream % 2 == 0 ? .kernel : .scheduler, formats: formats, cpu: UInt32(stream / 2))
      }
      for thread in ConstructedLives.threads {
        trace.setThread(thread, vcpu: thread - 1000)
        trace.addVCPU(thread - 1000)
      }
      return trace
    }
    let found = analyze(trace(sifted.sets))
    // Each thread's own: what another thread's operation keeps of it is not there.
    let rows = try (0..<2 * ConstructedLives.cpus).map {
      try KernelRows($0 % 2 == 0 ? KernelRows.kernel : KernelRows.scheduler)
    }
    for var event in expected {
      if let next = event.next {
        func isOwn(_ thread: UInt32) -> Bool {
          lives.operation(of: thread, at: event.tsc).map { isKept[$0] } == true
        }
        if !isOwn(event.thread) { event.thread = 78 }
        if !isOwn(next) { event.next = 77 }
      }
      put(event, into: rows[2 * event.cpu + (event.isScheduler ? 1 : 0)])
    }
    let wanted = analyze(trace(rows.map { [$0.take()] }))
    #expect(found.totals.roundTrips == wanted.totals.roundTrips)
    #expect(found.totals.kicks == wanted.totals.kicks)
    #expect(found.totals.light == wanted.totals.light && found.totals.episodes == wanted.totals.episodes)
    #expect(found.totals.inversions == 0)
    #expect(found.totals.time.vmm == wanted.totals.time.vmm)
    func figures(_ analysis: Analysis) -> [String] {
      analysis.sites.map { "\($0.site) \($0.count) \($0.cycles) \(String(describing: $0.stages))" }.sorted()
    }
    #expect(figures(found) == figures(wanted))
    #expect(found.totals.leftOutEvents == sifted.marks.reduce(0) { $0 + ($1[.count] ?? 0) })
    if let parts = found.totals.parts, !lives.sharesEvents {
      #expect(found.totals.misplaced == 0)
      #expect(parts.accounted + parts.leftOut == found.totals.time.wall)
      #expect(parts.unaccounted == 0)
    }
    let closure = try #require(found.checks.first { $0.name == .timeClosure })
    #expect(closure.state == .unknown && closure.text.contains("left out"))
  }

  @Test(arguments: 0..<cases) func nothingIsKeptAcrossALoss(seed: UInt64) throws {
    var random = SeededGenerator(state: seed << 24)
    let lives = ConstructedLives(seed: seed, isHardware: Bool.random(using: &random))
    let last = lives.events.last?.tsc ?? 1
    let start = UInt64.random(in: 0...last, using: &random)
    let loss = start...start + UInt64.random(in: 0...500, using: &random)
    let seen = lives.events.filter { !loss.contains($0.tsc) }
    let filter = filter(&random)
    let sifted = try sift(seen, filter, turns: turns(seen, &random), losses: [loss])
    let kept = Set(sifted.events.compactMap { $0[.tsc] })
    #expect(sifted.marks.reduce(0) { $0 + ($1[.count] ?? 0) } == UInt64(seen.count - kept.count))
    for (index, operation) in lives.operations.enumerated() {
      let own = lives.events.filter {
        $0.next == nil && $0.thread == operation.thread
          && lives.operation(of: $0.thread, at: $0.tsc) == index
      }
      guard let first = own.first?.tsc, let end = own.last?.tsc else { continue }
      if loss.overlaps(first...end) {
        #expect(!own.contains { kept.contains($0.tsc) })
      } else if !filter.wants(operation) {
        #expect(!own.contains { kept.contains($0.tsc) })
      }
    }
  }

  @Test func anOperationThatLastsForLongHoldsNothingBack() throws {
    let long = OperationSieve.patience
    func event(_ tsc: UInt64, _ name: String, _ columns: [ColumnID: UInt64] = [:], thread: UInt32 = 1000)
      -> ConstructedEvent
    { ConstructedEvent(tsc: tsc, cpu: 0, name: name, thread: thread, columns: columns) }
    let hlt: [ColumnID: UInt64] = [.reason: 0x78, .isa: 2]
    let msr: [ColumnID: UInt64] = [.reason: 0x7c, .isa: 2]
    let events = [
      event(100, "kvm/kvm_entry"), event(150, "kvm/kvm_entry", thread: 1001),
      event(200, "kvm/kvm_exit", hlt), event(300, "kvm/kvm_exit", msr, thread: 1001),
      event(400, "kvm/kvm_entry", thread: 1001), event(3 * long, "kvm/kvm_vcpu_wakeup", [.number: 5]),
      event(3 * long + 50, "kvm/kvm_entry"),
    ]
    var filter = OperationFilter()
    filter.hardwareReasons = [OperationFilter.HardwareReason(isa: 2, number: 0x7c)]
    let turns = (1...5).map { UInt64($0) * long / 2 } + [3 * long + 10]
    let dropped = try sift(events, filter, turns: turns)
    #expect(dropped.events.compactMap { $0[.tsc] } == [300, 400])
    // What is left out of the halt goes on from mark to mark.
    let marks = dropped.marks.filter { $0[.thread] == 1000 && $0[.tsc] != 100 }
    #expect(marks.first?[.previous] == 200 && marks.last?[.number] == 3 * long + 50)
    for (one, next) in zip(marks, marks.dropFirst()) { #expect(one[.number] == next[.previous]) }
    #expect(marks.count >= 2)
    #expect(marks.reduce(0) { $0 + ($1[.info1] ?? 0) } == 1)

    filter.hardwareReasons = [OperationFilter.HardwareReason(isa: 2, number: 0x78)]
    filter.leastCycles = long / 4
    let kept = try sift(events, filter, turns: turns)
    #expect(kept.events.compactMap { $0[.tsc] } == [200, 3 * long, 3 * long + 50])
  }

  @Test func accessesAreToldByTheBytesTheyTouch() {
    var filter = OperationFilter()
    filter.ports = [0x60...0x64]
    filter.memory = [0x1000...0x1003, .max - 1 ... .max]
    #expect(filter.hasPort(0x5e, size: 4) && filter.hasPort(0x64, size: 1) && filter.hasPort(0x62, size: 0))
    #expect(!filter.hasPort(0x65, size: 4) && !filter.hasPort(0x5c, size: 4))
    #expect(filter.hasMemory(0xffd, size: 4) && !filter.hasMemory(0xffc, size: 4))
    #expect(filter.hasMemory(.max, size: 8) && filter.hasMemory(.max - 8, size: 8))
    #expect(!filter.hasMemory(.max - 9, size: 8))
  }
}
