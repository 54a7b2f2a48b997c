import Synchronization

/// What vCPUs and the I/O thread share: the registers, and how one side tells the other.
final class E1000Core: TimedDevice {
  /// What calls the I/O thread.
  let kick: IOSignal

  private let state: Mutex<E1000State>
  // Held by the I/O thread while it touches guest memory; never together with the registers by a vCPU.
  private let work = Mutex<Void>(())

  /// A card that drives `pin`.
  ///
  /// - Throws: ``HostError`` when the host has no descriptor left.
  init(eeprom: MicrowireEEPROM, pin: PCIRegisters, timers: any TimerService) throws(HostError) {
    let timer = timers.makeTimer()
    let interrupts = InterruptCauses(pin: pin, timer: timer, clock: timers.clock)
    kick = try IOSignal("eventfd of a network card")
    state = Mutex(E1000State(eeprom: eeprom, interrupts: interrupts))
    timer.connect(to: self)
  }

  /// An interrupt that the throttle held back is due.
  func timerFired() { withState { $0.interrupts.timerFired() } }

  func withState<Result>(_ body: (inout E1000State) -> Result) -> Result {
    state.withLock { body(&$0) }
  }

  /// Changes the registers, and does what follows from it before it returns: a driver that has stopped the card may use
  /// its memory for something else.
  func change(_ body: (inout E1000State) -> E1000State.Consequences) {
    let consequences = state.withLock { body(&$0) }
    if consequences.contains(.settle) { work.withLock { _ in } }
    if consequences.contains(.work) { kick.send() }
  }

  /// Runs a piece of work on guest memory that is short: a driver that stops the card waits for it.
  func working(_ body: () -> Bool) -> Bool { work.withLock { _ in body() } }

  // MARK: Registers as bytes

  /// Reads registers. They are of 32 bits (section 13.2): a smaller access reads the whole and gets a part.
  func read(at offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    var done = 0
    while done < bytes.count {
      let (place, overflow) = offset.addingReportingOverflow(UInt64(done))
      guard !overflow, place < UInt64(E1000Register.byteCount) else {
        for index in done..<bytes.count { bytes[index] = 0xff }
        return
      }
      var value = withState { $0.read(Int(place & ~3)) } >> UInt32(8 * (place & 3))
      let end = min(done + 4 - Int(place & 3), bytes.count)
      while done < end {
        bytes[done] = UInt8(truncatingIfNeeded: value)
        value >>= 8
        done += 1
      }
    }
  }

  /// Writes registers, with an access of 32 bits or several of those at once; others are dropped.
  func write(at offset: UInt64, from bytes: UnsafeRawBufferPointer) {
    guard offset % 4 == 0, bytes.count % 4 == 0 else { return }
    for start in stride(from: 0, to: bytes.count, by: 4) {
      let (place, overflow) = offset.addingReportingOverflow(UInt64(start))
      guard !overflow, place < UInt64(E1000Register.byteCount) else { return }
      let value = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self))
      change { $0.write(value, to: Int(place)) }
    }
  }
}
