internal import SortieTrace

/// Reads the records of sub-buffers into rows, by the layouts of this kernel.
///
/// Used by one thread at a time. Nothing is allocated for an event but for the name of a thread not seen before.
final class KernelEventDecoder {
  /// Where an event's number and thread lie in every record (`struct trace_entry`).
  private struct Common: Equatable {
    var type: Int
    var thread: Int
  }

  /// An event as the loop below needs it.
  private struct Entry {
    var steps: UnsafeBufferPointer<EventLayout.Step>
    var columns: UInt32
    var leastSize: Int
    var isScheduler: Bool
    var names: [(id: Int, name: Int, size: Int)]
  }

  /// What decoding a sub-buffer came to.
  enum Outcome {
    case whole
    /// The rows were full before its end; what is left is to be read again from `page`.
    case full
    /// It holds what cannot be read.
    case unreadable
  }

  private let common: Common
  private let steps: UnsafeMutableBufferPointer<EventLayout.Step>
  /// By event number: position in `entries` plus 1; 0 for events that are not wanted.
  private let numbers: UnsafeMutableBufferPointer<UInt16>
  private let entries: UnsafeMutableBufferPointer<Entry>

  /// Threads whose events are wanted.
  var threads: [TracedThread] = [] {
    didSet { recent = nil }
  }
  /// The one that the last event was of.
  private var recent: TracedThread?
  /// Names of threads not seen before.
  private(set) var namedThreads: [(id: UInt32, name: String)] = []
  private var known: Set<UInt32> = []

  /// Threads other than our own that are given names.
  private static let mostNames = 4096

  /// A decoder of the events `layouts`; nil where they do not agree on what all records begin with.
  init?(_ layouts: [EventLayout]) {
    guard let first = layouts.first, let common = Self.common(first.format),
      layouts.allSatisfy({ Self.common($0.format) == common })
    else { return nil }
    self.common = common
    steps = .allocate(capacity: layouts.reduce(0) { $0 + $1.steps.count })
    entries = .allocate(capacity: layouts.count)
    numbers = .allocate(capacity: Int(UInt16.max) + 1)
    numbers.initialize(repeating: 0)
    var used = 0
    for (index, layout) in layouts.enumerated() {
      let part = UnsafeMutableBufferPointer(rebasing: steps[used..<used + layout.steps.count])
      _ = part.initialize(from: layout.steps)
      used += layout.steps.count
      entries.initializeElement(
        at: index,
        to: Entry(
          steps: UnsafeBufferPointer(part), columns: layout.columns | 0b111,
          leastSize: max(layout.leastSize, common.type + 2, common.thread + 4),
          isScheduler: layout.event.isScheduler, names: layout.names))
      numbers[Int(layout.format.id)] = UInt16(index + 1)
    }
  }

  deinit {
    steps.deallocate()
    entries.deinitialize().deallocate()
    numbers.deallocate()
  }

  private static func common(_ format: EventFormat) -> Common? {
    guard let type = format.field("common_type"), type.size == 2, let thread = format.field("common_pid"),
      thread.size == 4
    else { return nil }
    return Common(type: type.offset, thread: thread.offset)
  }

  /// Takes the events of `page` into rows.
  func decode(_ page: inout RingBufferPage, kernel: KernelRows, scheduler: KernelRows) -> Outcome {
    do throws(RingBufferError) {
      while !kernel.isFull, !scheduler.isFull {
        guard let event = try page.next() else { return .whole }
        guard take(event.record, at: event.tsc, kernel: kernel, scheduler: scheduler) else {
          return .unreadable
        }
      }
      return .full
    } catch {
      return .unreadable
    }
  }

  /// Takes an event into rows, which are not full; false where its record is too short.
  @inline(__always)
  func take(
    _ bytes: UnsafeRawBufferPointer, at tsc: UInt64, kernel: KernelRows, scheduler: KernelRows
  ) -> Bool {
    guard let record = bytes.baseAddress, bytes.count >= max(common.type + 2, common.thread + 4) else {
      return false
    }
    let number = record.loadUnaligned(fromByteOffset: common.type, as: UInt16.self)
    // The kernel's own events (a mark that someone wrote) are none of ours.
    let position = Int(numbers[Int(number)])
    guard position > 0 else { return true }
    guard bytes.count >= entries[position - 1].leastSize else { return false }
    if entries[position - 1].isScheduler {
      schedule(tsc, number, record, entries[position - 1], scheduler)
    } else {
      append(tsc, number, record, entries[position - 1], kernel)
    }
    return true
  }

  @inline(__always)
  private func append(
    _ tsc: UInt64, _ number: UInt16, _ record: UnsafeRawPointer, _ entry: borrowing Entry, _ rows: KernelRows
  ) {
    let thread = record.loadUnaligned(fromByteOffset: common.thread, as: UInt32.self)
    var columns = entry.columns
    if recent?.id != thread { recent = threads.first { $0.id == thread } }
    let place = recent
    if place != nil { columns |= 1 << UInt32(KernelRows.vm) | 1 << UInt32(KernelRows.vcpu) }
    let row = rows.append(columns: columns)
    rows.set(row, KernelRows.tsc, tsc)
    rows.set(row, KernelRows.event, UInt64(number))
    rows.set(row, KernelRows.thread, UInt64(thread))
    if let place {
      rows.set(row, KernelRows.vm, UInt64(place.vm))
      rows.set(row, KernelRows.vcpu, UInt64(place.vcpu))
    }
    take(entry.steps, record, row, rows)
  }

  private func schedule(
    _ tsc: UInt64, _ number: UInt16, _ record: UnsafeRawPointer, _ entry: borrowing Entry, _ rows: KernelRows
  ) {
    let row = rows.append(columns: entry.columns)
    rows.set(row, KernelRows.tsc, tsc)
    rows.set(row, KernelRows.event, UInt64(number))
    rows.set(
      row, KernelRows.thread, UInt64(record.loadUnaligned(fromByteOffset: common.thread, as: UInt32.self)))
    take(entry.steps, record, row, rows)
    for field in entry.names {
      let id = record.loadUnaligned(fromByteOffset: field.id, as: UInt32.self)
      guard !known.contains(id), known.count < Self.mostNames, !threads.contains(where: { $0.id == id })
      else { continue }
      known.insert(id)
      let bytes = UnsafeRawBufferPointer(start: record + field.name, count: field.size)
      namedThreads.append((id, String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)))
    }
  }

  /// The names gathered, once.
  func takeNamedThreads() -> [(id: UInt32, name: String)] {
    defer { namedThreads = [] }
    return namedThreads
  }

  /// Names are to be gathered anew.
  func forgetNames() { (namedThreads, known) = ([], []) }

  @inline(__always)
  private func take(
    _ steps: UnsafeBufferPointer<EventLayout.Step>, _ record: UnsafeRawPointer, _ row: Int, _ rows: KernelRows
  ) {
    for step in steps {
      let value = Self.load(record + step.offset, step)
      switch step.action {
      case .set: rows.set(row, step.column, value)
      case .setNegated: rows.set(row, step.column, 0 &- value)
      case .setBits(let bits, let adds): put(value != 0 ? bits : 0, adds, step.column, row, rows)
      case .setBitsEqual(let bits, let equals, let adds):
        put(value == equals ? bits : 0, adds, step.column, row, rows)
      }
    }
  }

  @inline(__always)
  private func put(_ bits: UInt64, _ adds: Bool, _ column: Int, _ row: Int, _ rows: KernelRows) {
    if adds { rows.add(row, column, bits) } else { rows.set(row, column, bits) }
  }

  @inline(__always)
  private static func load(_ field: UnsafeRawPointer, _ step: EventLayout.Step) -> UInt64 {
    switch (step.size, step.isSigned) {
    case (4, false): return UInt64(field.loadUnaligned(as: UInt32.self))
    case (8, _): return field.loadUnaligned(as: UInt64.self)
    case (1, false): return UInt64(field.load(as: UInt8.self))
    case (2, false): return UInt64(field.loadUnaligned(as: UInt16.self))
    case (4, true): return UInt64(bitPattern: Int64(field.loadUnaligned(as: Int32.self)))
    case (1, true): return UInt64(bitPattern: Int64(field.load(as: Int8.self)))
    case (2, true): return UInt64(bitPattern: Int64(field.loadUnaligned(as: Int16.self)))
    default:
      var value: UInt64 = 0
      for index in 0..<step.size {
        value |= UInt64((field + index).load(as: UInt8.self)) << UInt64(8 * index)
      }
      return value
    }
  }
}
