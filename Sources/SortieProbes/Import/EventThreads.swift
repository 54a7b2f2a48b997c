/// Which event a record is of, and which threads it is about.
struct EventThreads {
  private struct Entry {
    var event: Event
    /// Offsets of the ids of threads besides the one that it happened on.
    var others: [Int]
    /// Of `vcpu_id`.
    var vcpu: Int?
    var size: Int
  }

  /// What an event says of its thread.
  enum Event {
    /// The thread runs a vCPU.
    case ofVCPU
    /// It may be any thread.
    case other
  }

  private let number: Int
  private let thread: Int
  private let size: Int
  private var entries: [UInt16: Entry] = [:]

  /// Only threads that run a vCPU have these.
  private static let ofVCPUs: Set<String> = ["kvm/kvm_entry", "kvm/kvm_exit", "kvm/kvm_userspace_exit"]

  /// Threads in the records of `layouts`; nil where those do not say where the thread stands.
  init?(_ layouts: [EventLayout]) {
    guard let first = layouts.first?.format, let number = first.field("common_type"), number.size == 2,
      let thread = first.field("common_pid"), thread.size == 4
    else { return nil }
    self.number = number.offset
    self.thread = thread.offset
    size = max(number.offset + 2, thread.offset + 4)
    for layout in layouts {
      let isOfVCPU = Self.ofVCPUs.contains(layout.event.name)
      let others =
        layout.event.isScheduler
        ? ["prev_pid", "next_pid", "pid"].compactMap { Self.id($0, layout.format) } : []
      let vcpu = isOfVCPU ? Self.id("vcpu_id", layout.format) : nil
      entries[layout.format.id] = Entry(
        event: isOfVCPU ? .ofVCPU : .other, others: others, vcpu: vcpu,
        size: (others + [vcpu ?? 0]).reduce(size) { max($0, $1 + 4) })
    }
  }

  private static func id(_ name: String, _ format: EventFormat) -> Int? {
    format.field(name).flatMap { $0.size == 4 && !$0.isArray ? $0.offset : nil }
  }

  /// What a record says; nil of an event without a layout, or where it is too short.
  func read(
    _ record: UnsafeRawBufferPointer
  ) -> (number: UInt16, event: Event, thread: UInt32, vcpu: UInt32?)? {
    guard record.count >= size else { return nil }
    let number = record.loadUnaligned(fromByteOffset: number, as: UInt16.self)
    guard let entry = entries[number], record.count >= entry.size else { return nil }
    return (
      number, entry.event, record.loadUnaligned(fromByteOffset: thread, as: UInt32.self),
      entry.vcpu.map { record.loadUnaligned(fromByteOffset: $0, as: UInt32.self) }
    )
  }

  /// Whether a record is about one of `threads`.
  func isAbout(_ threads: Set<UInt32>, _ record: UnsafeRawBufferPointer) -> Bool {
    guard let (number, _, thread, _) = read(record) else { return false }
    return threads.contains(thread)
      || entries[number]?.others.contains {
        threads.contains(record.loadUnaligned(fromByteOffset: $0, as: UInt32.self))
      } == true
  }
}
