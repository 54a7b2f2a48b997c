/// What the events of one stream are, and so which columns they carry.
public enum StreamKind: UInt8, Sendable, CaseIterable {
  /// Round trips of one vCPU as the VMM saw them (``RoundTripRecord``).
  case vmm = 1
  /// Tracepoints from one CPU's kernel buffer.
  case kernel = 2
  /// Operations as the guest stamped them on one vCPU (``GuestSpanRecord``).
  case guest = 3
  /// Scheduler events of the vCPU threads.
  case scheduler = 4
  /// Requests of one device I/O thread.
  case ioThread = 5
}

/// A stream's number in a trace; 0 is never a stream.
public struct StreamID: RawRepresentable, Hashable, Sendable, Comparable {
  /// The number as it stands in the file.
  public let rawValue: UInt32

  /// The stream with this number.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Orders streams by number.
  public static func < (a: StreamID, b: StreamID) -> Bool { a.rawValue < b.rawValue }
}

/// The clock a stream's stamps are read from.
public enum StreamClock: UInt8, Sendable {
  /// The host's TSC, cycles.
  case hostTSC = 1
  /// The guest's TSC, cycles: host = (guest - offset) / scaling, from the `vcpus` table.
  case guestTSC = 2
  /// CLOCK_MONOTONIC, ns.
  case monotonic = 3
  /// Another clock of the host that counts ns; the host's attribute `stamp_clock` names it.
  case nanoseconds = 4
}
