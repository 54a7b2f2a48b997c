import Foundation
import Testing
import TraceFixtures

@testable import SortieProbes

private let cases = ProcessInfo.processInfo.environment["SORTIE_TEST_LONG"] == nil ? 1500 : 50_000

private func layout() throws -> RingBufferLayout { try RecordedKernel.all[0].layout }

@Suite struct RingBufferPageTests {
  /// Puts an event in, however many words that takes.
  private func event(
    _ builder: inout PageBuilder, after delta: UInt64, isAbsolute: Bool = false, isLong: Bool = false
  ) {
    let isIn = builder.event([1, 0, 0, 0], after: delta, long: isLong, absolute: isAbsolute)
    #expect(isIn)
  }

  private func read(_ bytes: [UInt8]) throws -> [(tsc: UInt64, record: [UInt8])] {
    try withPage(bytes, try layout()) { page in
      var events: [(tsc: UInt64, record: [UInt8])] = []
      while let event = try page.next() { events.append((event.tsc, [UInt8](event.record))) }
      return events
    }
  }

  @Test func whateverTheKernelMayWriteIsReadBack() throws {
    var random = SeededGenerator(state: 11)
    for _ in 0..<cases {
      var builder = PageBuilder(
        tsc: .random(in: 0...UInt64.max >> UInt64.random(in: 0...40, using: &random), using: &random))
      var isOpen = true
      while isOpen {
        let delta = UInt64.random(
          in: 0...UInt64.max >> UInt64.random(in: 30...63, using: &random), using: &random)
        switch Int.random(in: 0..<10, using: &random) {
        case 0:
          isOpen = builder.discarded(words: .random(in: 1...12, using: &random), after: delta & (1 << 27 - 1))
        case 1 where Int.random(in: 0..<8, using: &random) == 0: isOpen = false
        default:
          let words = Int.random(in: 1...(Bool.random(using: &random) ? 20 : 60), using: &random)
          let record = (0..<words * 4).map { _ in UInt8.random(in: 0...255, using: &random) }
          isOpen = builder.event(
            record, after: delta, long: Int.random(in: 0..<6, using: &random) == 0,
            absolute: Int.random(in: 0..<8, using: &random) == 0)
        }
      }
      if Bool.random(using: &random) { builder.fill() }
      let lost = Bool.random(using: &random) ? UInt64.random(in: 1...1 << 40, using: &random) : nil
      let bytes = builder.page(lost: lost, isCounted: Bool.random(using: &random))
      let events = try read(bytes)
      #expect(events.map(\.tsc) == builder.expected.map(\.tsc))
      #expect(events.map(\.record) == builder.expected.map(\.record))
    }
  }

  @Test func lossesAreToldWithTheirCountWhereThereWasRoomForIt() throws {
    var builder = PageBuilder(tsc: 5)
    event(&builder, after: 1)
    let layout = try layout()
    #expect(try withPage(builder.page(), layout) { $0.loss } == .none)
    #expect(try withPage(builder.page(lost: 77), layout) { $0.loss } == .events(77))
    #expect(try withPage(builder.page(lost: 77, isCounted: false), layout) { $0.loss } == .unknown)
    while builder.room >= 8 { event(&builder, after: 1) }
    #expect(builder.room == 0)
    #expect(try withPage(builder.page(lost: 77), layout) { $0.loss } == .unknown)
    #expect(try read(builder.page(lost: 77)).count == 510)
  }

  @Test func anAbsoluteStampTakesItsTopBitsFromTheOneBefore() throws {
    let top: UInt64 = 0x28 << 56
    var builder = PageBuilder(tsc: top | 0x7ff_ffff_ffff_fff0)
    event(&builder, after: 3, isAbsolute: true)
    // The 59 bits of the stamp come round.
    event(&builder, after: 100, isAbsolute: true)
    event(&builder, after: 7)
    #expect(try read(builder.page()).map(\.tsc) == builder.expected.map(\.tsc))
    #expect(builder.expected[1].tsc >> 59 == top >> 59 + 1)
  }

  @Test func lengthsBeyondTheEndAreRefused() throws {
    let layout = try layout()
    var builder = PageBuilder(tsc: 0)
    event(&builder, after: 1, isLong: true)
    let good = builder.page()
    func changed(_ offset: Int, _ value: UInt32) -> [UInt8] {
      var bytes = good
      withUnsafeBytes(of: value) { for (index, byte) in $0.enumerated() { bytes[offset + index] = byte } }
      return bytes
    }
    for (offset, value) in [
      (8, 4081), (8, 0x3fff_ffff), (20, 12), (20, 3), (20, 0), (20, 9), (20, 0xffff_ffff), (16, 28), (8, 3),
    ] {
      #expect(throws: RingBufferError.self, "\(offset): \(value)") {
        try read(changed(offset, UInt32(value)))
      }
    }
    #expect(throws: RingBufferError.self) { try withPage([UInt8](good.dropLast()), layout) { _ in } }
    // Time extends and discarded events at the very end.
    for type in [29 | 64, 30, 31] as [UInt32] {
      var bytes = changed(16, type)
      bytes[8] = 4
      #expect(throws: RingBufferError.self) { try read(bytes) }
    }
  }

  @Test func anyBytesEndInEventsWithinThePageOrAnError() throws {
    let kernel = RecordedKernel.all[0]
    let layout = try kernel.layout
    let layouts = try kernel.layouts
    var random = SeededGenerator(state: 12)
    let real = try kernel.page(try #require(try kernel.pages.first))
    for round in 0..<cases {
      var bytes = real
      if round % 2 == 0 {
        for _ in 0..<Int.random(in: 1...40, using: &random) {
          bytes[.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
        }
      } else {
        for index in bytes.indices { bytes[index] = .random(in: 0...255, using: &random) }
        bytes[10] = 0
        bytes[11] = 0
        bytes[9] &= 0x0f
      }
      let decoder = try #require(KernelEventDecoder(layouts))
      let (rows, scheduler) = (try KernelRows(KernelRows.kernel), try KernelRows(KernelRows.scheduler))
      try bytes.withUnsafeBytes { bytes in
        guard var page = try? RingBufferPage(bytes, layout: layout) else { return }
        var inside = page
        while let event = try? inside.next() {
          let start = try #require(event.record.baseAddress) - (try #require(bytes.baseAddress))
          #expect(start >= 16 && start + event.record.count <= bytes.count)
        }
        _ = decoder.decode(&page, kernel: rows, scheduler: scheduler)
      }
      #expect(rows.count + scheduler.count <= 1020)
    }
  }
}
