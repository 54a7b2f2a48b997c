/// An event as another tool recorded it.
struct ImportedEvent {
  /// The CPU it happened on.
  var cpu: UInt32
  /// When, by the recording's clock.
  var time: UInt64
  /// The process of the thread; nil where the recording does not say.
  var process: UInt32?
  /// The kernel's record, which begins with the event's number.
  var record: UnsafeRawBufferPointer
}

/// What goes through a recording's events.
protocol ImportVisitor: AnyObject {
  /// Takes an event. The events of one CPU come in order of time, as far as the recording has them so.
  func take(_ event: ImportedEvent) throws(ImportError)
  /// Events of a CPU are missing between the last one taken and the next, or, for nil, from the beginning on; `count` nil:
  /// nobody knows how many.
  func lose(cpu: UInt32, count: UInt64?, cause: ImportLoss, fromStart: Bool) throws(ImportError)
  /// A thread is called that.
  func name(thread: UInt32, process: UInt32?, _ name: String)
}

/// Why events of a recording are missing.
enum ImportLoss {
  /// The kernel's buffer was overwritten, or full.
  case overrun
  /// What is there cannot be read.
  case unreadable
}

/// The clock of a recording's events.
enum ImportClock: Equatable {
  /// The host's TSC; its frequency, kHz, where the recording says.
  case tsc(kilohertz: UInt64?)
  /// CLOCK_MONOTONIC, ns.
  case monotonic
  /// Another clock that counts ns: which.
  case nanoseconds(String)
}

/// A recording of another tool that is open.
protocol ImportedRecording: AnyObject {
  /// What it is, in words: "perf.data, compressed with zstd".
  var kind: String { get }
  var layouts: RecordedLayouts { get }
  var clock: ImportClock { get }
  /// The numbers of the events that were recorded, whether they came or not; nil where it does not say.
  var enabledEvents: Set<UInt64>? { get }
  /// What it says of the host, by the names that a trace has for it.
  var host: [String: String] { get }
  /// What the user must know of how far it could be read; whole after ``visit(_:)``.
  var notes: [String] { get }
  /// Goes through all events.
  func visit(_ visitor: any ImportVisitor) throws(ImportError)
}
