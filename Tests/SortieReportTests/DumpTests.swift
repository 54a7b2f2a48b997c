import FoundationEssentials
import SortieAnalysis
import SortieReport
import SortieTrace
import Testing
import TraceFixtures

@Suite struct DumpTests {
  private func lines(_ trace: MemoryTrace, _ format: DumpFormat, _ filter: DumpFilter = DumpFilter())
    -> [String]
  {
    var bytes: [UInt8] = []
    dump(trace, format: format, filter: filter) { some in
      bytes += some
      return true
    }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private func objects(_ trace: MemoryTrace, _ filter: DumpFilter = DumpFilter()) throws -> [JSONValue] {
    try lines(trace, .jsonLines, filter).map { try JSONDecoder().decode(JSONValue.self, from: Data($0.utf8)) }
  }

  private func number(_ value: JSONValue?) -> Double? {
    if case .number(let number) = value { number } else { nil }
  }

  @Test func everyEventIsThereInOrderOfTime() throws {
    let events = try objects(sampleTrace())
    #expect(events.count == 1103 + 1100)
    let seconds = events.compactMap { number($0["seconds"]) }
    #expect(seconds == seconds.sorted())
    #expect(events.count { $0["kind"] == .text("operation") } == 1100)
    #expect(lines(sampleTrace(), .text).count == events.count)
  }

  @Test func sharesAndPercentilesOfTheReportFollowFromTheDump() throws {
    let events = try objects(sampleTrace())
    let writes = events.filter { $0["site"] == .text("pio write 0xe0/4") }
    let cycles = writes.compactMap { number($0["cycles"]) }.sorted()
    let first = try #require(events.first { $0["first_entry"] == .bool(true) }.flatMap { number($0["u1"]) })
    let last = try #require(events.compactMap { number($0["u0"]) }.max())
    let row = try #require(analyze(sampleTrace()).sites.first { $0.site == "pio write 0xe0/4" })
    #expect(row.count == UInt64(writes.count))
    let share = try #require(row.vcpuTimeShare)
    #expect(abs(share - cycles.reduce(0, +) / (last - first)) < 1e-9)
    #expect(row.cycles.p50.map { Double($0) } == cycles[cycles.count / 2 - 1])
    #expect(row.cycles.p99.map { Double($0) } == cycles[cycles.count * 99 / 100 - 1])
    #expect(row.cycles.maximum.map { Double($0) } == cycles.last)
  }

  @Test func filtersChooseByReasonVCPUAndTime() throws {
    let trace = sampleTrace(vms: 2)
    #expect(try objects(trace, DumpFilter(reason: .kick)).count == 2)
    #expect(try objects(trace, DumpFilter(reason: .heavy)).count == 2 * 1101)
    #expect(try objects(trace, DumpFilter(reason: .init("io"))).count == 2 * 1101)
    #expect(try objects(trace, DumpFilter(reason: .init("KVM_EXIT_MMIO"))).isEmpty)
    #expect(try objects(trace, DumpFilter(vm: 1)).allSatisfy { $0["vm"] == .number(1) })
    #expect(try objects(trace, DumpFilter(vcpu: 7)).isEmpty)
    let window = try objects(trace, DumpFilter(from: 0.001, to: 0.002)).compactMap { number($0["seconds"]) }
    #expect(!window.isEmpty)
    #expect(window.allSatisfy { $0 >= 0.001 && $0 < 0.002 })
    #expect(DumpFilter.Reason("no such thing") == nil)
  }

  /// Sixty port writes, of which the last takes ten times as long, after an event of the kernel before the first entry.
  private func traceWithAnOutlier(_ kilohertz: UInt64) -> MemoryTrace {
    var trace = MemoryTrace()
    trace.tscKilohertz = kilohertz
    let base: UInt64 = 1_000_003
    var records = [RoundTripRecord(u1: base, flags: .firstEntry)]
    for index in 1...60 as ClosedRange<UInt64> {
      let u0 = base + index * 10_007
      let u1 = u0 + (index == 60 ? 4000 : 400)
      records.append(
        RoundTripRecord(u0: u0, u1: u1, address: 0xe0, reason: 2, count: 1, size: 4, flags: .write))
    }
    trace.add(records)
    trace.add([KernelFixture(900_000, .load)])
    trace.setThread(1000)
    return trace
  }

  @Test(arguments: [UInt64(1_000_000), 2_445_430, 2_596_146])
  func theReportsTimesAreThoseOfTheDump(kilohertz: UInt64) throws {
    let trace = traceWithAnOutlier(kilohertz)
    #expect(try objects(trace).first?["seconds"] == .number(0))
    let sites = try #require(try json(of: trace)["sites"]).elements
    let row = try #require(sites.first { $0["site"] == .text("pio write 0xe0/4") })
    let longest = try #require(row["longest"]?.elements.first)
    #expect(longest["cycles"] == .number(4000))
    let event = try #require(try objects(trace).first { $0["u0"] == longest["tsc"] })
    #expect(event["seconds"] == longest["seconds"])
    let shown = try #require(textReport(analyze(trace)).firstMatch(of: /\s(\d+\.\d{6})\s/)?.1)
    for time in [try #require(number(longest["seconds"])), try #require(Double(String(shown)))] {
      let found = try objects(trace, DumpFilter(from: time))
      #expect(found.map { $0["u0"] } == [longest["tsc"]], "\(shown)")
    }
    #expect(try objects(trace, DumpFilter(to: number(longest["seconds"]))).count == 62 - 1)
  }

  @Test func aReaderThatWantsNoMoreEndsTheDump() {
    var calls = 0
    dump(sampleTrace(), format: .jsonLines) { _ in
      calls += 1
      return false
    }
    #expect(calls == 1)
  }

  @Test func textFromATraceCannotBreakALine() throws {
    var trace = sampleTrace()
    trace.rows.append(SymbolRow(address: 0x10_0000, length: 0x50, name: "a\"\\\n\u{1b}[2J"))
    #expect(try objects(trace).count == 2203)
    for line in lines(trace, .text) { #expect(!line.contains("\u{1b}")) }
    #expect(lines(trace, .text).count == 2203)
  }

  private func kernelTrace() -> MemoryTrace {
    var trace = sampleTrace()
    trace.add([
      KernelFixture(2_000_000, .exit(0x7c, info1: 1)),
      KernelFixture(2_000_010, .detail(.msr, [.address: 0x6e0, .flags: 1, .number: 0x1234])),
      KernelFixture(2_000_020, .entry),
      KernelFixture(2_000_030, .detail(.hypercall, [.address: 5, .info2: 1])),
      KernelFixture(2_000_040, .detail(.pageFault, [.address: 0x5000, .errorCode: 0x1_0000_0006])),
      KernelFixture(2_000_050, .detail(.emulation, [.size: 3, .info1: 0xb0_a20f])),
      KernelFixture(2_000_060, .leave(to: 77, state: 1)), KernelFixture(2_000_070, .foreign),
      KernelFixture(2_000_080, .unload, thread: 4242),
    ])
    trace.setThread(1000)
    return trace
  }

  @Test func eventsOfTheKernelStandAmongTheOthersWithTheirNumbersByName() throws {
    let events = try objects(kernelTrace()).filter { $0["kind"] == .text("kernel") }
    #expect(try objects(kernelTrace()).count == 2203 + 9)
    let texts = events.compactMap { event -> String? in
      guard case .text(let name)? = event["event"], case .text(let text)? = event["text"] else { return nil }
      return "\(name): \(text)"
    }
    #expect(
      texts == [
        "kvm_exit: SVM_EXIT_MSR write info1 0x1", "kvm_msr: write IA32_TSC_DEADLINE = 0x1234", "kvm_entry: ",
        "kvm_hypercall: KVM_HC_KICK_CPU(0x0, 0x1, 0x0, 0x0)",
        "kvm_page_fault: write, not present, user, final address at 0x5000", "kvm_emulate_insn: 0f a2 b0",
        "sched_switch: 1000 (state 0x1) to 77", "event 99: ", "kvm_fpu: unload",
      ])
    #expect(events[0]["reason_number"] == .number(0x7c))
    #expect(events[0]["info1"] == .text("0x1"))
    #expect(events[1]["address"] == .text("0x6e0"))
    #expect(events[1]["thread"] == .number(1000))
    #expect(events[0]["vcpu"] == .number(0))
    #expect(events[8]["vcpu"] == .null)
    let seconds = try objects(kernelTrace()).compactMap { number($0["seconds"]) }
    #expect(seconds == seconds.sorted())
  }

  @Test func filtersChooseEventsOfTheKernelByVCPUAndTimeAndLeaveThemOutByReason() throws {
    func count(_ filter: DumpFilter) throws -> Int {
      try objects(kernelTrace(), filter).count { $0["kind"] == .text("kernel") }
    }
    #expect(try count(DumpFilter(vm: 0, vcpu: 0)) == 8)
    #expect(try count(DumpFilter(vm: 1)) == 0)
    #expect(try count(DumpFilter(reason: .heavy)) == 0)
    #expect(try count(DumpFilter(to: 0.0001)) == 0)
    let text = lines(kernelTrace(), .text).filter { $0.contains("kvm_msr") }
    #expect(text.count == 1)
    #expect(text[0].contains("0:0") && text[0].contains("write IA32_TSC_DEADLINE = 0x1234"))
  }

  /// Events as no kernel writes them: each has a line, and the same count of them is in the report.
  @Test(arguments: 0..<8) func anyEventsOfTheKernelHaveALine(seed: Int) throws {
    var random = SeededGenerator(state: UInt64(seed) << 24)
    let columns: [ColumnID] = [
      .address, .size, .flags, .count, .number, .previous, .info1, .info2, .errorCode, .apicID,
    ]
    func value() -> UInt64 {
      UInt64.random(in: 0...(.max), using: &random) >> UInt64.random(in: 0...63, using: &random)
    }
    let events = (0..<60).map { index in
      let tsc = 2_000_000 + UInt64(index)
      if index % 4 == 0 {
        return KernelFixture(
          tsc, .exit(UInt32(truncatingIfNeeded: value()), isa: value() % 3, level: value(), info1: value()))
      }
      let fields = columns.filter { _ in Bool.random(using: &random) }.map { ($0, value()) }
      return KernelFixture(
        tsc,
        .detail(
          DetailEvent.allCases[index % DetailEvent.allCases.count], Dictionary(uniqueKeysWithValues: fields))
      )
    }
    var trace = sampleTrace()
    trace.add(events)
    trace.setThread(1000)
    let dumped = try objects(trace).filter { $0["kind"] == .text("kernel") }
    #expect(dumped.count == 60)
    #expect(dumped.allSatisfy { $0["text"] != .text("") })
    #expect(lines(trace, .text).count == 2203 + 60)
    #expect(analyze(trace).kernelEvents.reduce(0) { $0 + $1.count } == 45)
  }
}
