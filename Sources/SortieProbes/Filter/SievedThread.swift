/// One thread on its way through an ``OperationSieve``: the operation that it is in, and what of it was left out.
struct SievedThread {
  /// A row of a stream that is held.
  struct Row {
    var stream: Int
    var row: Int
  }

  /// What becomes of the events that come.
  enum State {
    /// Left out until an operation begins.
    case lost
    /// They gather until the operation has ended.
    case open
    /// The operation goes on for so long that it was decided already.
    case keeping
    case dropping
  }

  /// Where a thread is whose entries and exits the kernel does not report.
  enum Whereabouts {
    case inside
    case userSpace
    case back
  }

  /// Events left out since the last one that was kept.
  struct Gap {
    /// The stream of the first of them.
    var stream: Int
    var first: UInt64
    var since: UInt64
    var last: UInt64
    var events: UInt64 = 0
    var operations: UInt64 = 0
  }

  let id: UInt32
  var owner: (vm: UInt64, vcpu: UInt64)?
  /// The kernel reports its entries and exits.
  var isHardware = false
  var state = State.lost
  /// Events of the operation that is open.
  var rows: [Row] = []
  /// The stamp of the first of them.
  var first: UInt64 = 0
  /// Where the operation's duration begins; nil: that was not reached.
  var start: UInt64?
  var hasExit = false
  var hasReason = false
  var hasPlace = false
  var whereabouts = Whereabouts.inside
  /// The last access to a port that wrote was one of those wanted; nil: there was none.
  var portWrite: Bool?
  /// The same of memory, and so many accesses that no round trip was made for yet.
  var memory: (isWanted: Bool, isRead: Bool, end: UInt64, pending: Int) = (false, false, 0, 0)
  /// The answer to a read is still to be seen.
  var awaitsAnswer = false
  /// Where the operation's duration ends.
  var end: UInt64 = 0
  /// Its last event.
  var last: UInt64 = 0
  var gap: Gap?
  /// The end of a gap that goes on: no operation ended there.
  var continuesFrom: UInt64?

  init(_ id: UInt32) { self.id = id }

  /// The last operation has ended and nothing came since.
  var isBetween: Bool { state == .open && rows.isEmpty }

  /// The next event begins an operation.
  mutating func beginAnew() {
    state = .open
    rows.removeAll(keepingCapacity: true)
    start = nil
    (hasExit, hasReason, hasPlace, awaitsAnswer) = (false, false, false, false)
    whereabouts = .inside
    portWrite = nil
    memory = (false, false, 0, 0)
  }
}
