import SortieAnalysis
import SortieReport
import SortieTrace
import Testing
import TraceFixtures

@Suite struct TextReportTests {
  @Test(arguments: [UInt32(1), 3, 25]) func noLineIsWiderThanAHundredColumns(vms: UInt32) {
    for line in textReport(analyze(sampleTrace(vms: vms))).split(separator: "\n") {
      #expect(line.count <= 100, "\(line)")
    }
  }

  @Test func theReportOfOneRunReadsAsExpected() {
    #expect(textReport(analyze(sampleTrace())) == golden)
  }

  @Test func colourComesOnlyWhenAsked() {
    #expect(!textReport(analyze(sampleTrace())).contains("\u{1b}"))
    #expect(textReport(analyze(sampleTrace()), colour: true).contains("\u{1b}["))
  }

  @Test func anOperationThatTheHostCannotExecuteIsNamed() {
    #expect(
      textReport(analyze(sampleTrace(vms: 3))).contains("pio-write-2 (not supported by this host: vmcall)"))
  }

  @Test func aRunThatFailedBeforeItsOperationHasNoneOfIt() throws {
    var trace = sampleTrace()
    var records = [RoundTripRecord(u1: 1000, flags: .firstEntry)]
    for tsc in stride(from: UInt64(2000), to: 6100, by: 100) {
      records.append(
        RoundTripRecord(
          u0: tsc, u1: tsc + 77, address: 0x3f8, reason: 2, count: 1, size: 1, flags: .write))
    }
    trace.add(records, vm: 1)
    trace.setVM(1, "workload", "cr-write")
    trace.setVM(1, "outcome", "failed: what it read is not what it wrote")
    let lines = textReport(analyze(trace)).split(separator: "\n")
    let line = try #require(lines.first { $0.hasPrefix("cr-write ") })
    #expect(line.split(separator: " ") == ["cr-write", "-", "0", "-", "-", "-", "77", "-", "-"])
  }

  @Test func theHeadLeavesNoPartOfAnOperationOut() throws {
    var trace = MemoryTrace()
    var records = [RoundTripRecord(u1: 1000, flags: .firstEntry)]
    var spans: [GuestSpanRecord] = []
    for index in 1...20 as ClosedRange<UInt64> {
      let tsc = index * 10_000
      for u0 in [tsc + 100, tsc + 800] {
        records.append(
          RoundTripRecord(u0: u0, u1: u0 + 50, address: 0xe0, reason: 2, count: 1, size: 4, flags: .write))
      }
      spans.append(GuestSpanRecord(g0: tsc, g1: tsc + 1000))
    }
    trace.add(records)
    trace.add(spans)
    trace.setOffset(0)
    let words = textReport(analyze(trace)).split { $0 == " " || $0 == "\n" }.joined(separator: " ")
    #expect(
      words.contains(
        "10.0 % of the time is the way out, 10.0 % the VMM, 65.0 % in KVM between round trips, 15.0 % the way back."
      ))
  }

  @Test func howAProbeWasMeasuredIsSaidInFull() {
    var trace = sampleTrace()
    let method = (0..<40).map { "block\($0)" }.joined(separator: " ")
    trace.rows.append(ProbeCostRow(name: "another probe", cycles: 5, method: String(method.prefix(190))))
    let text = textReport(analyze(trace))
    for word in method.prefix(190).split(separator: " ") { #expect(text.contains(word)) }
    for line in text.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
  }

  @Test func anEmptyTraceIsReportedAsEmpty() {
    let text = textReport(analyze(MemoryTrace()))
    #expect(text.contains("0 round trips to the VMM, 0 VMs, 0 vCPUs."))
  }

  @Test func aTraceOfOnlyLossesSaysWhatIsMissing() {
    var trace = MemoryTrace()
    let stream = trace.add([RoundTripRecord]())
    trace.addLoss(stream, 10, 20, .ringFull, count: 7)
    trace.addLoss(stream, 30, 40, .damagedFile)
    let text = textReport(analyze(trace)).split { $0 == " " || $0 == "\n" }.joined(separator: " ")
    #expect(text.contains("1 of 4 checks FAILED: 7 events lost and others nobody knows how many."))
    #expect(text.contains("a ring between a vCPU thread and the writer was full"))
    #expect(text.contains("blocks of the file are damaged or cut off; in 1 of them nobody knows how many"))
  }

  @Test func textFromATraceCannotSteerATerminal() {
    var trace = sampleTrace()
    trace.setHost("hostname", "evil\u{1b}]0;title\u{7}\nhost\u{202e}")
    trace.setVM(0, "workload", String(repeating: "w", count: 500))
    let text = textReport(analyze(trace))
    #expect(!text.contains("\u{1b}"))
    #expect(!text.contains("\u{202e}"))
    for line in text.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
  }

  @Test func numbersOfAnySizeKeepTheirColumns() {
    var trace = MemoryTrace()
    let huge = UInt64.max / 2
    trace.add([
      RoundTripRecord(u1: 1, flags: .firstEntry),
      RoundTripRecord(
        u0: 2, u1: huge, rip: .max, address: .max, reason: 6, count: .max, size: 255, flags: .write),
      RoundTripRecord(u0: huge + 5, u1: .max, rip: .max, address: .max, reason: .max - 5, count: .max),
    ])
    for line in textReport(analyze(trace)).split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
  }
}
