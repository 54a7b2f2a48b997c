import SortieAnalysis
import SortieReport
import SortieTrace
import Testing
import TraceFixtures

/// The sample's port writes with the kernel's side of them, and as many light exits between.
private func kernelTrace(exits: Bool = true) -> MemoryTrace {
  var trace = sampleTrace(emulated: !exits)
  var events: [KernelFixture] = []
  func add(_ tsc: UInt64, _ kind: KernelFixture.Kind) {
    switch kind {
    case .exit, .entry: if exits { events.append(KernelFixture(tsc, kind)) }
    default: events.append(KernelFixture(tsc, kind))
    }
  }
  add(1_000_100, .load)
  add(1_000_200, .entry)
  let streams = trace.rows(StreamRow.self).filter { $0.kind == .vmm }.map(\.stream)
  let records = streams.flatMap { trace.roundTrips(of: $0, block: 0) + trace.roundTrips(of: $0, block: 1) }
  for record in records.dropFirst() {
    add(record.u0 - 5000, .exit(0x81))
    add(record.u0 - 4000, .entry)
    add(record.u0 - 300, .exit(0x7b))
    add(record.u0 - 200, .unload)
    add(record.u0 - 100, .userspace)
    guard record.u1 != 0 else { continue }
    add(record.u1 + 100, .load)
    add(record.u1 + 200, .entry)
  }
  trace.add(events)
  trace.setThread(1000)
  return trace
}

@Suite struct KernelReportTests {
  @Test func aKernelsExitsHaveStagesInTheDocument() throws {
    let document = try json(of: kernelTrace())
    #expect(document["totals"]?["episodes"] == .number(2203))
    #expect(document["totals"]?["light"] == .number(1102))
    #expect(document["totals"]?["exit_events"] == .number(2204))
    let sites = try #require(document["sites"]).elements
    let light = try #require(sites.first { $0["site"] == .text("vmmcall") })
    #expect(light["tier"] == .text("kernel"))
    #expect(light["interval"] == .text("exit_to_entry"))
    #expect(light["class"] == .text("light"))
    #expect(light["cycles"]?["max"] == .number(1000))
    #expect(light["stages"]?["population"] == .text("episodes"))
    #expect(light["stages"]?["exit_path_cycles"] == .null)
    #expect(light["stages"]?["kernel_cycles"] == .number(1000))
    let write = try #require(sites.first { $0["site"] == .text("pio write 0xe0/4") })
    #expect(write["stages"]?["population"] == .text("operations"))
    #expect(write["stages"]?["exit_path_cycles"] == .number(300))
    #expect(write["stages"]?["switch_cycles"] == .number(300))
    #expect(write["stages"]?["kernel_cycles"] == .number(200))
    #expect(write["stages"]?["entry_path_cycles"] == .number(200))
    let exits = try #require(document["exits"]).elements
    #expect(exits.count == 2)
    #expect(exits.allSatisfy { $0["count"] == .number(1102) })
  }

  @Test func everyKeyOfTheKernelsSideIsInTheSchema() throws {
    let documented = Set(try schemaText().split(separator: "`").map(String.init))
    for key in try json(of: kernelTrace()).keys {
      #expect(documented.contains(key), "\(key) is not in SCHEMA.md")
    }
  }

  @Test func theTextShowsStagesAndWhereTheTimeWent() {
    let text = textReport(analyze(kernelTrace()))
    #expect(text.contains("The kernel saw 2,203 exits, 1,102 of them light."))
    #expect(text.contains("The stages of an exit"))
    #expect(text.contains("|111111222222233334444444445555|"))
    #expect(text.contains("SVM_EXIT_VMMCALL"))
    #expect(text.contains("Time closes to 100.000 %"))
    #expect(text.contains("KVM counted 9,000 exits, and there are 2,204 kvm_exit events"))
    for line in text.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
  }

  @Test func aHostWithoutExitsSaysWhatItCannotShow() throws {
    let trace = kernelTrace(exits: false)
    let document = try json(of: trace)
    #expect(document["totals"]?["episodes"] == .null)
    #expect(document["totals"]?["light"] == .null)
    let kernel = try #require(document["vcpus"]?.elements.first?["kernel"])
    for key in ["episodes", "light", "heavy", "kicked"] { #expect(kernel[key] == .null) }
    let sites = try #require(document["sites"]).elements
    #expect(sites.allSatisfy { $0["stages"] == .null })
    let write = try #require(sites.first { $0["site"] == .text("pio write 0xe0/4") })
    #expect(write["mean_switch_cycles"] == .number(300))
    let text = textReport(analyze(trace)).split { $0 == " " || $0 == "\n" }.joined(separator: " ")
    #expect(text.contains("The kernel reported no kvm_exit: light exits"))
    #expect(text.contains("guest+kernel"))
    #expect(!text.contains("The stages of an exit"))
  }

  /// Light exits with what they were about, and what KVM did, as a recording with details has them.
  private func detailedTrace() -> MemoryTrace {
    var trace = kernelTrace()
    let events: [(KernelFixture.Kind, (DetailEvent, [ColumnID: UInt64])?)] = [
      (.exit(0x7c, info1: 1), (.msr, [.address: 0x6e0, .flags: 1])),
      (.exit(0x400, info1: 0x2_0000_0006), nil),
    ]
    var fixtures: [KernelFixture] = []
    for (index, (exit, detail)) in events.enumerated() {
      let tsc = 1_000_210 + 100 * UInt64(index)
      fixtures.append(KernelFixture(tsc, exit))
      if let detail { fixtures.append(KernelFixture(tsc + 10, .detail(detail.0, detail.1))) }
      fixtures.append(KernelFixture(tsc + 50, .entry))
    }
    trace.add(fixtures, cpu: 1)
    return trace
  }

  @Test func aLightExitsDetailIsAKeyAndWhatKVMDidIsCounted() throws {
    let document = try json(of: detailedTrace())
    let sites = try #require(document["sites"]).elements
    let write = try #require(sites.first { $0["reason"] == .text("SVM_EXIT_MSR") })
    #expect(write["site"] == .text("msr write IA32_TSC_DEADLINE"))
    #expect(write["detail"] == .text("write IA32_TSC_DEADLINE"))
    #expect(sites.first { $0["site"] == .text("vmmcall") }?["detail"] == .null)
    let events = try #require(document["kernel_events"]).elements
    #expect(events.count == 1)
    #expect(events[0]["event"] == .text("kvm_msr"))
    #expect(events[0]["detail"] == .text("write IA32_TSC_DEADLINE"))
    #expect(events[0]["count"] == .number(1))
    let documented = Set(try schemaText().split(separator: "`").map(String.init))
    for key in document.keys { #expect(documented.contains(key), "\(key) is not in SCHEMA.md") }
  }

  @Test func aDetailThatWouldBeCutOffHasALineOfItsOwn() {
    let text = textReport(analyze(detailedTrace()))
    let lines = text.split(separator: "\n").map(String.init)
    #expect(lines.contains { $0.hasPrefix("  write, not present, page-table walk") })
    #expect(lines.contains { $0.hasPrefix("npf ") })
    #expect(lines.contains { $0.hasPrefix("write IA32_TSC_DEADLINE") && $0.contains("kvm_msr") })
    for line in lines { #expect(line.count <= 100, "\(line)") }
  }
}
