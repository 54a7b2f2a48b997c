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
}
