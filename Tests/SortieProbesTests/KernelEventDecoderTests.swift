import SortieTrace
import Testing

@testable import SortieProbes

@Suite struct KernelEventDecoderTests {
  private let kernel = RecordedKernel.all[1]

  @Test func rowsThatAreFullInTheMiddleOfASubBufferLoseNothing() throws {
    let decoder = try #require(KernelEventDecoder(try kernel.layouts))
    let (rows, scheduler) = (try KernelRows(KernelRows.kernel), try KernelRows(KernelRows.scheduler))
    let name = try #require(try kernel.pages.first)
    let bytes = try kernel.page(name)
    let perPage = try kernel.lines(name).count
    var stamps: [UInt64] = []
    var pages = 0
    var wasFull = 0
    while wasFull < 2 {
      pages += 1
      try withPage(bytes, try kernel.layout) { page in
        while decoder.decode(&page, kernel: rows, scheduler: scheduler) == .full {
          wasFull += 1
          stamps += (DecodedRow.all(of: rows) + DecodedRow.all(of: scheduler)).compactMap { $0[.tsc] }
        }
      }
    }
    stamps += (DecodedRow.all(of: rows) + DecodedRow.all(of: scheduler)).compactMap { $0[.tsc] }
    #expect(stamps.count == pages * perPage)
    for line in try kernel.lines(name) { #expect(stamps.count { $0 == line.tsc } == pages) }
  }

  @Test func eventsThatAreNotOursArePassedOver() throws {
    let only = try kernel.layouts.filter { $0.event.name == "kvm/kvm_msr" }
    let decoder = try #require(KernelEventDecoder(only))
    let (rows, scheduler) = (try KernelRows(KernelRows.kernel), try KernelRows(KernelRows.scheduler))
    let name = try #require(try kernel.pages.first)
    let outcome = try withPage(try kernel.page(name), try kernel.layout) {
      decoder.decode(&$0, kernel: rows, scheduler: scheduler)
    }
    #expect(outcome == .whole)
    #expect(rows.count == (try kernel.lines(name).count { $0.text.hasPrefix("kvm_msr:") }))
    #expect(scheduler.count == 0)
  }

  @Test func aRecordShorterThanItsLayoutIsUnreadable() throws {
    let decoder = try #require(KernelEventDecoder(try kernel.layouts))
    let (rows, scheduler) = (try KernelRows(KernelRows.kernel), try KernelRows(KernelRows.scheduler))
    let id = try kernel.format("kvm_exit").id
    for count in [4, 8, 40] {
      var builder = PageBuilder(tsc: 1)
      var record = [UInt8](repeating: 0, count: count)
      (record[0], record[1]) = (UInt8(id & 0xff), UInt8(id >> 8))
      let isIn = builder.event(record, after: 1)
      #expect(isIn)
      let outcome = try withPage(builder.page(), try kernel.layout) {
        decoder.decode(&$0, kernel: rows, scheduler: scheduler)
      }
      #expect(outcome == .unreadable)
      #expect(rows.count == 0)
    }
  }

  @Test func columnsThatNoRowHasAreLeftOutAndAbsentValuesAreZero() throws {
    let rows = try KernelRows([.tsc, .kernelEvent, .thread, .rip, .flags])
    for index in 0..<130 {
      let row = rows.append(columns: index % 3 == 0 ? 0b1111 : 0b0111)
      rows.set(row, 0, UInt64(index))
      rows.set(row, 3, 99)
    }
    let set = rows.take()
    #expect(set.columns.map(\.id) == [.tsc, .kernelEvent, .thread, .rip])
    #expect(set[.tsc]?.presence == nil)
    let rip = try #require(set[.rip])
    for index in 0..<130 {
      #expect(rip.isPresent(index) == (index % 3 == 0))
      if case .integers(let values) = rip.values { #expect(values[index] == (index % 3 == 0 ? 99 : 0)) }
    }
    #expect(rows.count == 0)
  }

  @Test func layoutsThatDisagreeOnTheCommonFieldsAreRefused() throws {
    var layouts = try kernel.layouts
    let text = try kernel.text("formats/kvm_fpu").replacing(
      "common_pid;\toffset:4;", with: "common_pid;\toffset:8;")
    let fpu = try #require(layouts.firstIndex { $0.event.name == "kvm/kvm_fpu" })
    layouts[fpu] = EventLayout(layouts[fpu].event, try EventFormat(text), row: KernelRows.kernel)
    #expect(KernelEventDecoder(layouts) == nil)
    #expect(KernelEventDecoder([]) == nil)
  }
}
