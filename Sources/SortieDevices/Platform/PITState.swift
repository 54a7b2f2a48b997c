/// The three counters of the timer and port B. The caller serialises, and advances the time before each access.
struct PITState: Sendable {
  /// 14.31818 MHz / 12.
  private static let frequency = Frequency(hertz: 1_193_182)
  /// The shortest time between two interrupts that the host's timer makes, whatever the guest has programmed.
  private static let shortestInterval: UInt64 = 100_000
  /// Counts between two refreshes of a PC's memory, which bit 4 of port B shows.
  private static let refreshCount: UInt64 = 18

  // Port B.
  private static let gate2: UInt8 = 1 << 0
  private static let writable: UInt8 = 0x0f
  private static let refreshToggle: UInt8 = 1 << 4
  private static let output2: UInt8 = 1 << 5

  private let line: any InterruptLine
  private let timer: any DeviceTimer
  private let start: UInt64

  // Only the gate of counter 2 is not tied high.
  private var counters: InlineArray<3, PITCounter> = [
    PITCounter(gate: true), PITCounter(gate: true), PITCounter(gate: false),
  ]
  private var portBWritten: UInt8 = 0

  private var now: UInt64 = 0
  /// Up to when edges of counter 0's output have been turned into interrupts.
  private var served: UInt64 = 0
  private var lastInterrupt: UInt64 = 0
  private var nextEdge: UInt64?

  init(line: any InterruptLine, timer: any DeviceTimer, start: UInt64) {
    self.line = line
    self.timer = timer
    self.start = start
  }

  /// Interrupts if counter 0's output has risen. Edges that the host was late for make one interrupt.
  mutating func advance(to nanoseconds: UInt64) {
    now = Self.frequency.ticks(in: nanoseconds > start ? nanoseconds - start : 0)
    if let edge = counters[0].nextRise(after: served), edge <= now {
      lastInterrupt = nanoseconds
      line.set(level: true)
      line.set(level: false)
    }
    served = now
    for index in counters.indices { counters[index].advance(to: now) }
  }

  // MARK: Registers

  mutating func readCounter(_ index: Int) -> UInt8 { counters[index].read(at: now) }

  mutating func writeCounter(_ index: Int, _ value: UInt8) { counters[index].write(value, at: now) }

  mutating func writeControl(_ value: UInt8) {
    let index = Int(value >> 6)
    guard index < 3 else {
      // Read-back: the latches that are chosen by zeros, of the counters that are chosen by ones.
      for index in counters.indices where value >> UInt8(index + 1) & 1 != 0 {
        if value & 0x20 == 0 { counters[index].latchCount(at: now) }
        if value & 0x10 == 0 { counters[index].latchStatus(at: now) }
      }
      return
    }
    if value & 0x30 == 0 { counters[index].latchCount(at: now) } else { counters[index].program(value) }
  }

  var portB: UInt8 {
    portBWritten | (now / Self.refreshCount & 1 != 0 ? Self.refreshToggle : 0)
      | (counters[2].output(at: now) ? Self.output2 : 0)
  }

  mutating func writePortB(_ value: UInt8) {
    portBWritten = value & Self.writable
    counters[2].setGate(value & Self.gate2 != 0, at: now)
  }

  // MARK: Interrupt

  /// Sets the timer for the next edge, if that is another than before.
  mutating func updateTimer() {
    let edge = counters[0].nextRise(after: now)
    guard edge != nextEdge else { return }
    nextEdge = edge
    timer.set(edge.flatMap(deadline))
  }

  private func deadline(of edge: UInt64) -> UInt64? {
    let (time, overflow) = start.addingReportingOverflow(Self.frequency.nanoseconds(until: edge))
    return overflow ? nil : max(time, lastInterrupt &+ Self.shortestInterval)
  }

  /// The timer has called: it has no deadline until it is set again.
  mutating func timerFired() {
    nextEdge = nil
    updateTimer()
  }
}
