import SortieTrace
import Testing

@testable import SortieProbes

/// Sub-buffers of real kernels against what those kernels print of the same events.
@Suite struct RecordedPageTests {
  @Test(arguments: RecordedKernel.all)
  func eventsAreWhatTheKernelItselfSaysOfThem(kernel: RecordedKernel) throws {
    let names = Dictionary(
      uniqueKeysWithValues: try kernel.layouts.map { (UInt64($0.format.id), $0.format.name) })
    for name in try kernel.pages {
      let decoder = try #require(KernelEventDecoder(try kernel.layouts))
      let rows = try KernelRows(KernelRows.kernel)
      let scheduler = try KernelRows(KernelRows.scheduler)
      let outcome = try withPage(try kernel.page(name), try kernel.layout) {
        decoder.decode(&$0, kernel: rows, scheduler: scheduler)
      }
      #expect(outcome == .whole)
      let decoded = (DecodedRow.all(of: rows) + DecodedRow.all(of: scheduler)).sorted {
        ($0[.tsc] ?? 0) < ($1[.tsc] ?? 0)
      }
      let lines = try kernel.lines(name)
      #expect(decoded.count == lines.count)
      for (row, line) in zip(decoded, lines) {
        #expect(row[.tsc] == line.tsc)
        #expect(row[.thread] == line.thread, "\(line)")
        let event = try #require(row[.kernelEvent].flatMap { names[$0] })
        #expect(KernelText.of(row, event, line.text) == line.text)
      }
    }
  }

  @Test(arguments: RecordedKernel.all)
  func threadsThatRunBesideTheGuestGetTheirNames(kernel: RecordedKernel) throws {
    let name = try #require(try kernel.pages.first)
    let decoder = try #require(KernelEventDecoder(try kernel.layouts))
    let (rows, scheduler) = (try KernelRows(KernelRows.kernel), try KernelRows(KernelRows.scheduler))
    let own = try #require(try kernel.lines(name).first { $0.text.hasPrefix("kvm_") }).thread
    decoder.threads = [TracedThread(id: UInt32(own), vm: 3, vcpu: 1)]
    _ = try withPage(try kernel.page(name), try kernel.layout) {
      decoder.decode(&$0, kernel: rows, scheduler: scheduler)
    }
    for row in DecodedRow.all(of: rows) where row[.thread] == own {
      #expect(row[.vm] == 3)
      #expect(row[.vcpu] != nil)
    }
    var expected: [UInt32: String] = [:]
    for line in try kernel.lines(name) {
      for match in line.text.matches(of: #/(?:prev|next)_comm=(.*?) (?:prev|next)_pid=(\d+)/#) {
        let id = try #require(UInt32(match.2))
        if id != own { expected[id] = String(match.1) }
      }
    }
    let named = decoder.takeNamedThreads()
    #expect(Dictionary(uniqueKeysWithValues: named.map { ($0.id, $0.name) }) == expected)
    #expect(decoder.takeNamedThreads().isEmpty)
  }

  @Test(arguments: RecordedKernel.all)
  func everyEventHasThisKernelsLayout(kernel: RecordedKernel) throws {
    for layout in try kernel.layouts {
      // A field may be younger than a kernel; most are old.
      let missing = layout.event.fields.filter { layout.format.field($0.names) == nil }
      let young = ["requests", "immediate_exit", "intr_info", "error_code"]
      #expect(missing.allSatisfy { young.contains($0.names[0]) }, "\(layout.event.name)")
    }
    #expect(try kernel.format("kvm_exit").field("exit_reason")?.offset == 8)
    #expect(try kernel.layout.dataOffset == 16)
    #expect(try kernel.layout.pageSize == 4096)
  }
}
