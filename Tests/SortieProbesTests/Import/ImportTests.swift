import SortieTrace
import Testing
import TraceFixtures

@testable import SortieProbes

/// Recordings of other tools, whole and not.
@Suite struct ImportTests {
  @Test(arguments: RecordedImport.allCases)
  func exitsAreThoseThatTheToolItselfReports(file: RecordedImport) throws {
    let (recording, collected) = try CollectedImport.of(try file.bytes)
    let layouts = recording.layouts.layouts
    let exit = try #require(layouts.first { $0.event.name == "kvm/kvm_exit" }).format
    let reason = try #require(exit.field("exit_reason"))
    var found: [UInt32: UInt64] = [:]
    for event in collected.events {
      try event.record.withUnsafeBytes { record in
        guard record.loadUnaligned(as: UInt16.self) == exit.id else { return }
        try #require(record.count >= reason.offset + reason.size)
        found[record.loadUnaligned(fromByteOffset: reason.offset, as: UInt32.self), default: 0] += 1
      }
    }
    for (reason, count) in file.exits { #expect(found[reason, default: 0] >= count) }
    let more = found.values.reduce(0, +) - file.exits.values.reduce(0, +)
    #expect(more == UInt64(file.unpaired))
    #expect(collected.losses.isEmpty)
    #expect(collected.events.map(\.time) == collected.events.map(\.time).sorted())
    #expect(recording.notes.isEmpty)
  }

  @Test func whatARecordingSaysOfItselfIsKept() throws {
    let (perf, events) = try CollectedImport.of(try RecordedImport.perf.bytes)
    #expect(perf.kind == "perf.data, compressed with zstd")
    #expect(perf.clock == .monotonic)
    #expect(perf.host["kernel"]?.hasPrefix("6.1.0-") == true)
    #expect(perf.host["cpu_model"]?.isEmpty == false)
    #expect(events.events.allSatisfy { $0.process != nil && $0.cpu == 0 })
    let (stat, _) = try CollectedImport.of(try RecordedImport.perfStat.bytes)
    #expect(stat.kind == "perf.data")
    #expect(stat.clock == .nanoseconds("perf's own clock (the scheduler's), ns"))
    let (dat, collected) = try CollectedImport.of(try RecordedImport.traceDat7zlib.bytes)
    #expect(dat.kind == "trace.dat, version 7, compressed with zlib")
    #expect(dat.clock == .nanoseconds("trace clock local, ns"))
    #expect(collected.names.values.contains { $0.hasPrefix("vcpu") })
  }

  @Test func versionsAndCompressionsOfTheSameEventsAreTheSame() throws {
    let (_, six) = try CollectedImport.of(try RecordedImport.traceDat6.bytes)
    for file in [RecordedImport.traceDat7, .traceDat7zlib] {
      let (_, seven) = try CollectedImport.of(try file.bytes)
      #expect(six.events == seven.events)
    }
  }

  /// Cut anywhere, a recording is refused, or gives the first of its events and no other.
  @Test(arguments: RecordedImport.allCases)
  func aRecordingThatIsCutInventsNothing(file: RecordedImport) throws {
    let bytes = try file.bytes
    let (_, whole) = try CollectedImport.of(bytes)
    var generator = SeededGenerator(state: UInt64(bytes.count))
    let lengths =
      bytes.count < 4096
      ? Array(0..<bytes.count)
      : (0..<400).map { _ in Int.random(in: 0..<bytes.count, using: &generator) } + [0, 1, bytes.count - 1]
    for length in lengths {
      guard let (recording, cut) = try? CollectedImport.of(Array(bytes.prefix(length))) else { continue }
      #expect(whole.events.starts(with: cut.events), "cut to \(length)")
      #expect(cut.events.count == whole.events.count || !recording.notes.isEmpty, "cut to \(length)")
    }
  }

  /// With some bytes wrong it is refused, or read in bounded time.
  @Test(arguments: RecordedImport.allCases)
  func aRecordingWithWrongBytesDoesNoHarm(file: RecordedImport) throws {
    let bytes = try file.bytes
    for seed in 0..<100 {
      var generator = SeededGenerator(state: UInt64(seed))
      var damaged = bytes
      for _ in 0...Int.random(in: 0..<4, using: &generator) {
        let offset = Int.random(in: 0..<min(bytes.count, seed < 50 ? 512 : bytes.count), using: &generator)
        damaged[offset] = [0, 0xff, 0x7f, UInt8.random(in: 0...255, using: &generator)].randomElement(
          using: &generator)!
      }
      _ = try? CollectedImport.of(damaged)
    }
  }

  @Test func whatIsNoRecordingIsRefusedByName() throws {
    func refusal(_ bytes: [UInt8]) -> String {
      do {
        _ = try ImportedTrace(ImportInput(bytes: bytes, path: "recorded"))
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(refusal([]).contains("neither"))
    #expect(refusal(Array("some text".utf8)).contains("neither"))
    #expect(refusal(Array("2ELIFREP".utf8) + [UInt8](repeating: 0, count: 200)).contains("big-endian"))
    var dat = try RecordedImport.traceDat6.bytes
    dat[12] = 1
    #expect(refusal(dat).contains("big-endian"))
    dat = try RecordedImport.traceDat6.bytes
    dat[10] = UInt8(ascii: "8")
    #expect(refusal(dat).contains("version 8"))
    dat = try RecordedImport.traceDat7.bytes
    dat[18] = UInt8(ascii: "l")
    #expect(refusal(dat).contains("compressed with"))
    #expect(refusal(Array(try RecordedImport.perf.bytes.prefix(8000))).contains("cut off"))
  }

  @Test func aRecordingWithoutExitsSaysHowToRecordThem() throws {
    // The table of the CPU's events in a trace.dat of version 6 says that there are none.
    var bytes = try RecordedImport.traceDat6.bytes
    let table = try #require(bytes.firstRange(of: Array("flyrecord\0".utf8)))
    for offset in 0..<8 { bytes[table.upperBound + 8 + offset] = 0 }
    do {
      _ = try ImportedTrace(ImportInput(bytes: bytes, path: "recorded"))
      Issue.record("it was taken")
    } catch {
      #expect("\(error)".contains("perf record"))
    }
  }

  /// perf in a pipe: everything is a record.
  @Test func aRecordingOfAPipeIsTheSame() throws {
    let bytes = try RecordedImport.perfStat.bytes
    let (_, whole) = try CollectedImport.of(bytes)
    let (recording, piped) = try CollectedImport.of(PipedPerf.of(bytes))
    #expect(recording.kind == "perf.data of a pipe")
    #expect(piped.events == whole.events)
  }

  @Test func aCutPipeIsReadAsFarAsItGoesAndSaysSo() throws {
    let bytes = PipedPerf.of(try RecordedImport.perfStat.bytes)
    let (_, whole) = try CollectedImport.of(bytes)
    let (recording, cut) = try CollectedImport.of(Array(bytes.dropLast(1000)))
    #expect(cut.events.count < whole.events.count && cut.events.count > 0)
    #expect(whole.events.starts(with: cut.events))
    #expect(recording.notes.contains { $0.contains("ends within a record") }, "\(recording.notes)")
  }

  /// The events of a CPU come in order whatever order perf wrote its buffers in, and once where it wrote some twice.
  @Test(arguments: 0..<50)
  func eventsAreInOrderWithinRounds(seed: UInt64) throws {
    var generator = SeededGenerator(state: seed)
    let collected = CollectedImport()
    let order = RoundOrder(collected)
    var expected: [UInt32: [UInt64]] = [:]
    var repeated: UInt64 = 0
    var start: UInt64 = 0
    for _ in 0..<10 {
      // What one round has is behind all of the round before the last.
      var times = (0..<Int.random(in: 0..<30, using: &generator)).map { _ in
        start + UInt64.random(in: 0..<200, using: &generator)
      }
      times.shuffle(using: &generator)
      for (serial, time) in times.enumerated() {
        let cpu = UInt32.random(in: 0..<3, using: &generator)
        expected[cpu, default: []].append(time)
        let isTwice = Int.random(in: 0..<4, using: &generator) == 0
        if isTwice { repeated += 1 }
        for _ in 0..<(isTwice ? 2 : 1) {
          try withUnsafeBytes(of: (time, serial)) { bytes in
            try order.take(ImportedEvent(cpu: cpu, time: time, process: nil, record: bytes))
          }
        }
      }
      try order.endRound()
      start += 200
    }
    try order.finish()
    #expect(order.repeated == repeated)
    for (cpu, times) in expected {
      let found = collected.events.filter { $0.cpu == cpu }
      #expect(found.map(\.time) == times.sorted())
      for event in found {
        #expect(event.record.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) } == event.time)
      }
    }
  }

  @Test func vCPUsOfOneProcessAreOneVM() throws {
    let imported = try ImportedTrace(ImportInput(bytes: try RecordedImport.perfStat.bytes, path: "recorded"))
    // sortie looked at the host with two VMs of its own before it ran the guest's: three threads of one process.
    #expect(imported.vmCount == 1)
    #expect(imported.vcpuCount == 3)
    #expect(imported.gaps.contains { $0.contains("kvm_userspace_exit") })
  }
}
