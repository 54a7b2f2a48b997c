import FoundationEssentials
import SortieGate
import SortieReport
import Testing

private func check(_ verdict: GateVerdict, operation: String = "pio-write", reason: String? = nil)
  -> CheckResult
{
  var judgement = CycleJudgement(operation, verdict, reason: reason ?? "", tolerance: 0.02)
  judgement.reason = reason
  (judgement.ratio, judgement.low, judgement.high) = (1.05, 1.04, 1.06)
  (judgement.oldCycles, judgement.newCycles) = (28_210, 29_620)
  return CheckResult(
    mode: .against, old: "old", new: "new", host: ["kernel": "6.1"], seed: 7, seconds: 5, cycles: [judgement])
}

struct GateReportTests {
  @Test(
    "every form of a check leads with the verdict and names the operation", arguments: GateVerdict.allCases)
  func verdicts(verdict: GateVerdict) {
    let result = check(verdict)
    let heads: [GateVerdict: String] = [
      .pass: "PASS", .improvement: "PASS", .regression: "REGRESSION", .inconclusive: "INCONCLUSIVE",
      .notComparable: "NOT COMPARABLE", .unsupported: "NOT COMPARABLE",
    ]
    let head = heads[verdict] ?? ""
    #expect(textCheck(result, colour: false).hasPrefix(head + ":"))
    #expect(markdownCheck(result).hasPrefix("### sortie check: \(head):"))
    for text in [textCheck(result, colour: false), markdownCheck(result), junitCheck(result)] {
      #expect(text.contains("pio-write"))
    }
  }

  @Test("a change stands with its sign, its interval and both sides' cycles")
  func figures() {
    let text = textCheck(check(.regression), colour: false)
    for figure in ["28,210", "29,620", "+5.00 %", "+4.00 %", "+6.00 %"] { #expect(text.contains(figure)) }
  }

  @Test("every form names the figure that decided, and tables hold the cycles that it compares")
  func deciding() throws {
    let blocks = MeasuredBlocks(
      old: [Array(repeating: [10_000, 20_000], count: 18)],
      new: Array(repeating: [11_000, 20_000], count: 18))
    var judgement = try #require(SequentialJudgement.judge([("pio-write", 0.02, blocks)], seed: 1)[0])
    judgement.take(blocks)
    var result = check(.pass)
    result.cycles = [judgement]
    for text in [textCheck(result, colour: false), markdownCheck(result)] {
      #expect(text.contains("undisturbed") && text.contains("10,000") && text.contains("11,000"))
    }
    #expect(junitCheck(result).contains("+10.00 % by undisturbed"))
  }

  @Test("where the mean decided, the cycles shown make the change shown, whatever the medians are")
  func cyclesOfAMean() throws {
    // The medians of the sides differ by 50 %.
    let old = Array(repeating: Array(repeating: [UInt64(1000), 1000, 2000], count: 8), count: 3)
    let new = Array(repeating: [UInt64(1000), 1500, 2000], count: 8)
    let judgement = try #require(
      CycleJudgement.judge(baseline: [("pio-write", 0.02, MeasuredBlocks(old: old, new: new))], seed: 1)[0])
    #expect(judgement.oldCycles == 1000 && judgement.newCycles == 1500 && judgement.decidedBy == .mean)
    var result = check(.pass)
    result.cycles = [judgement]
    for text in [textCheck(result, colour: false), markdownCheck(result)] {
      let rows = text.split(separator: "\n").filter { $0.contains(" mean ") && $0.contains("pio-write") }
      let row = try #require(rows.first)
      let figures = try #require(row.firstMatch(of: /(\d,\d+)[ |]+(\d,\d+)[ |]+\+(\d+\.\d+) %/))
      let numbers = [figures.1, figures.2, figures.3].compactMap { Double($0.filter { $0 != "," }) }
      try #require(numbers.count == 3)
      #expect(abs((numbers[1] / numbers[0] - 1) * 100 - numbers[2]) < 0.1, "\(row)")
    }
    #expect(textCheck(result, colour: false, width: 300).contains("old and new are the 5 % quantiles"))
  }

  @Test("what cannot be told is not called noise where the reason is another, and no reason is cut off")
  func reasons() {
    let reason = CycleEvidence.tooFewSessions(2) ?? ""
    var result = check(.inconclusive, reason: reason)
    result.cycles.append(check(.inconclusive, operation: "cpuid", reason: reason).cycles[0])
    let text = textCheck(result, colour: false, width: 70)
    #expect(!text.contains("noisy"))
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 70 })
    let words = text.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
    #expect(words.hasPrefix("INCONCLUSIVE: \(reason) (pio-write, cpuid). "))
    #expect(words.components(separatedBy: reason).count == 4)
    result.cycles.append(check(.inconclusive, operation: "pio-read").cycles[0])
    #expect(markdownCheck(result).contains("; too noisy to say of pio-read."))
  }

  @Test("a bench of exits alone is headed so and has no columns of cycles, and its reasons stand in full")
  func exitsAlone() {
    var operation = OperationResult(name: "pio-write", operationClass: "heavy")
    let keys = (0..<12).map { ExitKey(.event, "kvm_event_of_some_length_\($0)") }
    operation.exits = ExitCensus(
      iterations: 1000, kinds: [.event], runs: [Dictionary(uniqueKeysWithValues: keys.map { ($0, 7) })])
    let session = BenchSession(ended: "", conditions: [:], stamps: nil, operations: [operation])
    let text = textBench(BenchResult(tool: "", host: [:], machine: [:], session: session), colour: false)
    #expect(text.hasPrefix("Exits of an operation\n") && !text.contains("p50"))
    #expect(keys.allSatisfy { text.contains($0.reason) })
    #expect(text.split { $0 == " " || $0 == "\n" }.joined(separator: " ").contains("7 in 1,000 operations"))
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 110 })
  }

  @Test(
    "JUnit counts a regression as a failure, what is not comparable as an error, the rest as skipped or passed"
  )
  func junit() {
    #expect(junitCheck(check(.regression)).contains("failures=\"1\" errors=\"0\" skipped=\"0\""))
    #expect(junitCheck(check(.notComparable)).contains("failures=\"0\" errors=\"1\" skipped=\"0\""))
    #expect(junitCheck(check(.inconclusive)).contains("failures=\"0\" errors=\"0\" skipped=\"1\""))
    #expect(junitCheck(check(.pass)).contains("failures=\"0\" errors=\"0\" skipped=\"0\""))
  }

  @Test("names and reasons cannot break out of XML, of a table's cell or into a terminal")
  func escaping() {
    let hostile = check(.notComparable, operation: "a<b>&\"|`\u{1b}[31m", reason: "x]]>|\u{0}<script>")
    let xml = junitCheck(hostile)
    #expect(!xml.contains("<b>") && !xml.contains("<script>") && !xml.contains("\u{1b}"))
    let markdown = markdownCheck(hostile)
    #expect(!markdown.contains("<script>") && markdown.contains("\\|") && !markdown.contains("\u{1b}"))
    #expect(!textCheck(hostile, colour: false).contains("\u{1b}"))
  }

  @Test("no number of a saved document can stop a report", arguments: [1e300, -1e300, .infinity, .nan, -5])
  func hostileNumbers(value: Double) {
    var hostile = check(.regression)
    hostile.seconds = value
    for path in [\CycleJudgement.ratio, \.low, \.high, \.oldCycles, \.newCycles, \.smallestDetectable] {
      hostile.cycles[0][keyPath: path] = value
    }
    hostile.cycles[0].tolerance = value
    for text in [textCheck(hostile, colour: false), markdownCheck(hostile), junitCheck(hostile)] {
      #expect(text.contains("pio-write"))
    }
  }

  @Test("a forced comparison says so, and in spite of what")
  func forced() {
    var result = check(.pass)
    result.differences = ["another kernel: 6.1 then, 6.2 now"]
    result.isForced = true
    #expect(textCheck(result, colour: false).contains("FORCED in spite of another kernel"))
    #expect(markdownCheck(result).contains("Forced in spite of"))
  }

  @Test("exits that changed stand with reason, budget and count, and no column hides a zero")
  func exits() {
    let key = ExitKey(.light, "SVM_EXIT_MSR")
    let judgement = CountJudgement(
      "cpuid", new: ExitCensus(iterations: 1000, kinds: [.light], runs: [[key: 3]]),
      budget: ExitCensus(iterations: 1000, kinds: [.light], runs: [[ExitKey(.light, "SVM_EXIT_CPUID"): 1000]])
    )
    let result = CheckResult(
      mode: .exits, old: "old", new: "new", host: [:], seed: 1, seconds: 1, exits: [judgement])
    let text = textCheck(result, colour: false)
    #expect(text.hasPrefix("REGRESSION: more exits: cpuid."))
    #expect(text.contains("SVM_EXIT_MSR") && text.contains("SVM_EXIT_CPUID"))
  }

  @Test(
    "what the stamps cost and what the host did stand beside a bench, and the null loop is no operation of it"
  )
  func besideABench() throws {
    var durations = DurationCounts()
    durations.add(
      BlockReply(workload: "empty", outcome: "completed", cycles: [UInt64](repeating: 52, count: 200)))
    let session = BenchSession(
      ended: "2026-11-25T16:00:00Z",
      conditions: ["steal": "1.5 %", "busy_processors": "1.2", "load_before": "0.30"],
      stamps: durations.result(iterations: 200, rounds: [[52]]),
      operations: [OperationResult(name: "cpuid", operationClass: "light")])
    let result = BenchResult(tool: "test", host: [:], machine: [:], session: session)
    let text = textBench(result, colour: false)
    #expect(text.contains("the stamps' own cost is in every figure: 52 cycles at the median, 52 at p99"))
    #expect(text.contains("steal 1.5 %, busy processors 1.2, load before 0.30"))
    #expect(!text.contains("\nempty"))
    let document = String(decoding: try GateJSON.document(result), as: UTF8.self)
    #expect(document.contains("\"stamps\" : {"))
  }

  @Test("every key of the gate's documents is in its schema")
  func schema() throws {
    let key = ExitKey(.light, "SVM_EXIT_MSR")
    let census = ExitCensus(iterations: 1000, kinds: [.light], runs: [[key: 3]])
    var durations = DurationCounts()
    let cycles = [UInt64](repeating: 100, count: 600) + [UInt64](repeating: 900, count: 600)
    durations.add(BlockReply(workload: "op", outcome: "completed", cycles: cycles))
    var operation = OperationResult(name: "op", operationClass: "light", obstacle: "none")
    operation.exits = census
    operation.cycles = durations.result(iterations: 1200, rounds: [[100]])
    let session = BenchSession(
      ended: "", conditions: [:], stamps: operation.cycles, operations: [operation])
    var full = check(.regression, reason: "so it is")
    full.cycles[0].take(MeasuredBlocks(old: [[[1]]], new: [[1]]))
    (full.cycles[0].confidence, full.cycles[0].pValue, full.cycles[0].smallestDetectable) = (1, 1, 1)
    full.exits = [CountJudgement("op", new: census, budget: census)]
    let test = SelfTestResult(
      host: [:], seed: 1,
      slowdowns: [SelfTestSlowdown(operation: "op", cyclesOfExit: 1, turns: 1, share: 0.05)], seconds: 1,
      conditions: [:], trials: [SelfTestTrial("trial", wanted: .pass, wrong: [], allowance: 0)])
    let documents = [
      try GateJSON.document(BenchResult(tool: "", host: [:], machine: [:], session: session)),
      try GateJSON.document(full), try GateJSON.document(test),
    ]
    var keys: Set<String> = []
    for document in documents {
      keys.formUnion(try JSONDecoder().decode(JSONValue.self, from: Data(document)).keys)
    }
    #expect(keys.count > 60, "\(keys.sorted())")
    let documented = Set(try schemaText("SortieGate").split(separator: "`").map(String.init))
    for key in keys { #expect(documented.contains(key), "\(key) is not in SCHEMA.md") }
  }
}
