import SortieTrace

/// An event of the host's kernel as a trace holds it, with its numbers by name.
public struct DecodedKernelEvent {
  /// The tracepoint: `kvm_exit`; its number where the trace does not name it.
  public let event: String
  /// Host TSC cycles.
  public let tsc: UInt64
  /// The thread it is of; of `sched_switch`, the one that leaves the CPU.
  public let thread: UInt32?
  /// The VM whose vCPU the thread ran, or the one that comes to the CPU runs; nil for any other thread.
  public let vm: UInt32?
  /// That vCPU.
  public let vcpu: UInt32?
  private let fields: KernelEventFields
  private let threads: VCPUThreads

  /// The event in the row that `fields` is at; nil where it has no stamp.
  init?(_ fields: KernelEventFields, name: String?, owner: VCPUThreads.VCPU?, threads: VCPUThreads) {
    guard let tsc = fields[.tsc] else { return nil }
    self.tsc = tsc
    event = name.map { String($0.drop { $0 != "/" }.dropFirst()) } ?? "event \(fields.value(.kernelEvent))"
    thread = fields[.thread].flatMap(UInt32.init(exactly:))
    vm = owner?.vm
    vcpu = owner?.vcpu
    self.fields = fields
    self.threads = threads
  }

  /// What it says, in words.
  public var text: String { KernelEventText(fields, threads: threads).text(of: event) }

  /// What the trace holds of it beside stamp and thread, in the order of the columns' numbers: JSON's name of the
  /// column, its value, and whether people read it in hexadecimal.
  public var values: [(name: String, value: UInt64, isHexadecimal: Bool)] {
    Self.columns.compactMap { id, name, isHexadecimal in fields[id].map { (name, $0, isHexadecimal) } }
  }

  private static let columns: [(ColumnID, String, Bool)] = [
    (.reason, "reason_number", false), (.address, "address", true), (.size, "size", false),
    (.flags, "flags", false), (.count, "count", false), (.rip, "rip", true), (.errno, "errno", false),
    (.nextThread, "next_thread", false), (.threadState, "thread_state", true),
    (.priority, "priority", false), (.nextPriority, "next_priority", false), (.previous, "previous", false),
    (.isa, "isa", false), (.info1, "info1", true), (.info2, "info2", true),
    (.interruptInfo, "intr_info", true), (.errorCode, "error_code", true),
    (.nestedLevel, "nested_level", false), (.requests, "requests", true), (.number, "number", false),
    (.apicID, "apic_id", false),
  ]
}

/// The events of a block of a `kernel` or `scheduler` stream.
public struct KernelEventBlock {
  /// How many there are.
  public let count: Int
  private let fields: KernelEventFields
  private let reader: KernelEventReader

  init(_ set: ColumnSet, reader: KernelEventReader) {
    count = set.count
    fields = KernelEventFields(set)
    self.reader = reader
  }

  /// An event; nil where it has no stamp. Precondition: `row` is below the count.
  public func event(_ row: Int) -> DecodedKernelEvent? {
    var fields = fields
    fields.row = row
    return reader.decoded(fields)
  }
}
