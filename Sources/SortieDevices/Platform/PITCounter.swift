/// One counter of an 8254 (82C54 data sheet, "Mode Definitions"). Times are counts of its clock; the count and the
/// output follow from the time at which it was loaded.
///
/// In mode 3 a new count is loaded at the end of the whole cycle, not of the half.
struct PITCounter: BitwiseCopyable, Sendable {
  /// Which bytes of a count are read and written.
  private static let lowByte: UInt8 = 1
  private static let highByte: UInt8 = 2

  /// Bits 0 to 5 of the control word: BCD, mode, and the bytes that are accessed.
  private var control: UInt8 = 0x30
  private var gate: Bool

  /// What the guest has written last; nil before that.
  private var written: UInt64?
  /// What is being counted from, since `start`; nil while nothing is.
  private var count: UInt64?
  private var start: UInt64 = 0
  /// When `written` takes the place of `count`, in modes 2 and 3.
  private var loadTime: UInt64?
  /// Counts done when the gate stopped the counter.
  private var stopped: UInt64?

  private var firstByteWritten: UInt8?
  private var firstByteRead = false
  private var latchedCount: UInt16?
  private var latchedStatus: UInt8?

  init(gate: Bool) {
    self.gate = gate
    stopped = gate ? nil : 0
  }

  private var isBCD: Bool { control & 1 != 0 }
  private var bytes: UInt8 { control >> 4 & 3 }
  /// The upper bit of modes 2 and 3 is not decoded.
  private var mode: UInt8 {
    let bits = control >> 1 & 7
    return bits & 2 != 0 ? bits & 3 : bits
  }
  private var isPeriodic: Bool { mode == 2 || mode == 3 }
  /// A rising gate starts it, and a low one does not stop it.
  private var isTriggered: Bool { mode == 1 || mode == 5 }
  private var modulus: UInt64 { isBCD ? 10_000 : 65_536 }

  // MARK: Programming

  mutating func program(_ control: UInt8) {
    self = PITCounter(gate: gate)
    self.control = control & 0x3f
  }

  mutating func write(_ byte: UInt8, at now: UInt64) {
    switch bytes {
    case Self.lowByte: load(UInt16(byte), at: now)
    case Self.highByte: load(UInt16(byte) << 8, at: now)
    default:
      guard let low = firstByteWritten else {
        firstByteWritten = byte
        // The first byte stops mode 0.
        if mode == 0 { count = nil }
        return
      }
      firstByteWritten = nil
      load(UInt16(byte) << 8 | UInt16(low), at: now)
    }
  }

  private mutating func load(_ value: UInt16, at now: UInt64) {
    let number = isBCD ? Self.decimal(value) : UInt64(value)
    written = number == 0 ? modulus : number
    guard !isTriggered else { return }
    guard isPeriodic, let count, stopped == nil, now >= start else {
      begin(at: now)
      if !gate { stopped = 0 }
      return
    }
    loadTime = start + ((now - start) / count + 1) * count
  }

  /// The next pulse of the clock loads the counter.
  private mutating func begin(at now: UInt64) {
    count = written
    start = now + 1
    loadTime = nil
  }

  /// Loads what is due.
  mutating func advance(to now: UInt64) {
    guard let time = loadTime, time <= now else { return }
    count = written
    start = time
    loadTime = nil
  }

  mutating func setGate(_ level: Bool, at now: UInt64) {
    guard level != gate else { return }
    gate = level
    guard level else {
      if !isTriggered { stopped = elapsed(at: now) }
      return
    }
    if mode == 0 || mode == 4 {
      start = now - (stopped ?? 0)
    } else if written != nil {
      begin(at: now)
    }
    stopped = nil
  }

  // MARK: Counting

  private func elapsed(at now: UInt64) -> UInt64 { stopped ?? (now > start ? now - start : 0) }

  /// What the counter shows.
  private func value(at now: UInt64) -> UInt16 {
    guard let count else { return 0 }
    let elapsed = elapsed(at: now)
    let number: UInt64
    switch mode {
    case 2: number = count - elapsed % count
    case 3:
      // By twos, from the even number, in each half; of an odd count the high half is longer by one.
      let phase = elapsed % count
      let half = Self.highHalf(count)
      number = count & ~1 - 2 * (phase < half ? phase : phase - half)
    default:
      number = (count % modulus + modulus - elapsed % modulus) % modulus
    }
    return isBCD ? Self.bcd(number) : UInt16(truncatingIfNeeded: number)
  }

  func output(at now: UInt64) -> Bool {
    guard let count, !isPeriodic || gate else { return mode != 0 }
    let elapsed = elapsed(at: now)
    return switch mode {
    case 2: elapsed % count != count - 1
    case 3: elapsed % count < Self.highHalf(count)
    case 4, 5: elapsed != count
    default: elapsed >= count
    }
  }

  /// When the output next rises after `time`, while neither gate nor program changes; nil if it does not.
  func nextRise(after time: UInt64) -> UInt64? {
    guard let count, stopped == nil else { return nil }
    guard isPeriodic else {
      let rise = start + count + (mode >= 4 ? 1 : 0)
      return rise > time ? rise : nil
    }
    return start + (time >= start ? (time - start) / count + 1 : 1) * count
  }

  private static func highHalf(_ count: UInt64) -> UInt64 { (count + 1) / 2 }

  // MARK: Reading

  mutating func read(at now: UInt64) -> UInt8 {
    if let status = latchedStatus {
      latchedStatus = nil
      return status
    }
    let value = latchedCount ?? value(at: now)
    let isHigh = bytes == Self.highByte || bytes == 3 && firstByteRead
    if bytes == 3 { firstByteRead.toggle() }
    // A latch holds until all of it is read.
    if !firstByteRead { latchedCount = nil }
    return UInt8(truncatingIfNeeded: isHigh ? value >> 8 : value)
  }

  /// Only the first latch counts until it is read.
  mutating func latchCount(at now: UInt64) { latchedCount = latchedCount ?? value(at: now) }

  mutating func latchStatus(at now: UInt64) {
    let isNull = count == nil || loadTime != nil || count != written || now < start
    latchedStatus = latchedStatus ?? (output(at: now) ? 0x80 : 0) | (isNull ? 0x40 : 0) | control
  }

  // MARK: BCD

  private static func decimal(_ bcd: UInt16) -> UInt64 {
    (0..<4).reduce(0) { $0 * 10 + UInt64(bcd >> (12 - 4 * UInt16($1)) & 0xf) }
  }

  private static func bcd(_ number: UInt64) -> UInt16 {
    var rest = number % 10_000
    var digits: UInt16 = 0
    for place in 0..<4 as Range<UInt16> {
      digits |= UInt16(truncatingIfNeeded: rest % 10) << (4 * place)
      rest /= 10
    }
    return digits
  }
}
