/// A driver of the card on its bus, in configuration space, memory and ports, whose I/O thread comes when the input says
/// so. Input: 8 bytes a step: what to do, where, two bytes more of where, and 32 bits of a value.
///
/// The pin follows causes, mask and throttle; both base address registers lead to the same registers, while and where they
/// are decoded; without bus mastering no byte of memory is touched and no frame moves; the I/O thread finds nothing to do
/// that it was not called for; a reset brings back the registers' values and a working card.
func fuzzE1000(_ bytes: UnsafeRawBufferPointer) {
  let guest = FuzzedE1000()
  for start in stride(from: 0, to: bytes.count - 7, by: 8) {
    let value = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: start + 4, as: UInt32.self))
    let place = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: start + 2, as: UInt16.self))
    guest.step(bytes[start], bytes[start + 1], place, value)
    guest.check()
  }
  guest.recover()
}

private final class FuzzedE1000 {
  // Base address registers.
  private static let memory = 0
  private static let ports = 1
  /// Where drivers work most.
  private static let registers: [UInt64] = [
    0x0000, 0x0010, 0x0014, 0x0020, 0x0038, 0x00c0, 0x00c4, 0x00c8, 0x00d0, 0x00d8, 0x0100, 0x0400,
    0x1000, 0x2800, 0x2804, 0x2808, 0x2810, 0x2818, 0x2820, 0x3800, 0x3804, 0x3808, 0x3810, 0x3818,
    0x3828, 0x5000, 0x5200, 0x5400, 0x5404, 0x5600, 0x4010, 0x40fc,
  ]
  /// The longest interval of the throttle, in nanoseconds.
  private static let longestInterval: UInt64 = 0xffff * 256

  private let ram = FuzzedRAM(byteCount: 1 << 16)
  private let time = FuzzTime()
  private let backend = FuzzedCable()
  private let pin = CheckingInterrupts()
  private let card: E1000
  private let slot: FuzzedSlot

  /// What IOADDR was written with.
  private var selected: UInt32 = 0
  /// The backend has something to tell and has not: the thread may find work that nobody called it for.
  private var backendHasNews = true
  /// A frame that waits for descriptors may have become one that is refused, or a shorter one.
  private var filtersChanged = false

  init() {
    guard let mac = MACAddress(bytes: [2, 0, 0, 0, 0, 1]),
      let card = try? E1000(
        name: "fuzzed", backend: backend, mac: mac, memory: ram.memory, thread: idleThread, timers: time,
        interrupts: pin)
    else { fatalError("no card") }
    self.card = card
    slot = FuzzedSlot(card)
  }

  deinit { card.stop() }

  // MARK: The guest

  private func write(_ register: UInt64, _ value: UInt32) {
    note(register)
    withUnsafeBytes(of: value.littleEndian) { slot.writeBAR(Self.memory, register, from: $0) }
  }

  private func read(_ register: UInt64) -> UInt32 {
    var value: UInt32 = 0
    withUnsafeMutableBytes(of: &value) { slot.readBAR(Self.memory, register, into: $0) }
    return UInt32(littleEndian: value)
  }

  private func writePort(_ port: UInt64, _ value: UInt32) {
    withUnsafeBytes(of: value.littleEndian) { access(Self.ports, port, UnsafeRawBufferPointer($0)) }
  }

  private func access(_ bar: Int, _ offset: UInt64, _ bytes: UnsafeRawBufferPointer) {
    filtersChanged = true
    if bar == Self.ports, offset == 0, bytes.count == 4, slot.isDecoded(Self.ports) {
      // Bits 31 to 20 are none (section 13.2.1.2.1).
      selected = UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)) & 0xf_ffff
    }
    slot.writeBAR(bar, offset, from: bytes)
  }

  /// What says which frames are refused and how long others are is everything but rings, RCTL and TCTL, of which the
  /// thread is told.
  private func note(_ register: UInt64) {
    switch register {
    case 0x2800...0x281f, 0x3800...0x381f, 0x0100, 0x0400, 0x00c0...0x00df: break
    default: filtersChanged = true
    }
  }

  func step(_ operation: UInt8, _ what: UInt8, _ place: UInt16, _ value: UInt32) {
    let register = Self.registers[Int(what) % Self.registers.count]
    switch operation & 31 {
    case 0...2: write(register, value)
    case 3: write(UInt64(place) << 1 & ~3, value)
    case 4: _ = read(register)
    case 5: access(Self.memory, UInt64(value & 0x3_ffff), count: Int(what & 15), isWrite: place & 1 == 0)
    // Rings are where it can do the most.
    case 6: ram.bytes.storeBytes(of: value, toByteOffset: Int(place & 0x3fc), as: UInt32.self)
    case 7: setTransmit(Int(place & 7), command: what, isData: place & 8 != 0, value)
    case 8: write(0x3818, value & 15)
    case 9: write(0x2818, value & 15)
    case 10: deliver(FuzzedFrame(count: place, kind: 0xff, value: value))
    case 11:
      backend.room = Int(value & 31)
      backendHasNews = true
    case 12:
      backend.isLinkUp = value & 1 != 0
      serve { card.worker.backendIsReady() }
      backendHasNews = false
    case 13: advance(by: UInt64(place) << UInt64(what & 15))
    case 14: slot.setCommand(value & 1 != 0 ? 7 : 3)
    case 16: writePort(0, UInt32(register))
    case 17: writePort(0, value)
    case 18: writePort(4, value)
    case 19: readData(offset: UInt64(place & 3), count: Int(what & 3) + 1)
    case 20: access(Self.ports, UInt64(place & 63), count: Int(what & 15), isWrite: value & 1 == 0)
    case 21: slot.setCommand(UInt16(truncatingIfNeeded: value))
    case 22:
      withUnsafeBytes(of: (value, value)) { bytes in
        let part = UnsafeRawBufferPointer(rebasing: bytes[..<(Int(what & 7) + 1)])
        slot.writeConfiguration(Int(place & 0xff), from: part, byPorts: what & 0x80 != 0)
      }
    case 23:
      withUnsafeTemporaryAllocation(byteCount: Int(what & 15) + 1, alignment: 1) {
        slot.readConfiguration(Int(place & 0xfff), into: $0)
      }
    case 24: slot.move(Self.memory, to: UInt64(value))
    case 25: slot.move(Self.ports, to: UInt64(value))
    case 26: slot.restore()
    case 27: deliver(FuzzedFrame(count: place, kind: what, value: value))
    // A driver that writes while the I/O thread is at a frame; but for what waits for the thread.
    case 28 where ![0x0000, 0x0100, 0x0400].contains(register):
      backend.meanwhile = { [unowned self] in write(register, value) }
    default: serveUncalled()
    }
  }

  private func access(_ bar: Int, _ offset: UInt64, count: Int, isWrite: Bool) {
    withUnsafeTemporaryAllocation(byteCount: max(count, 1), alignment: 1) { bytes in
      bytes.initializeMemory(as: UInt8.self, repeating: 0xa5)
      if isWrite {
        access(bar, offset, UnsafeRawBufferPointer(bytes))
      } else {
        slot.readBAR(bar, offset, into: bytes)
      }
    }
  }

  /// IODATA is the register that IOADDR names, whole or in part; but for those that reading clears.
  private func readData(offset: UInt64, count: Int) {
    let register = UInt64(selected & ~3)
    let count = min(count, 4 - Int(offset))
    guard register != 0x00c0, !(0x4000..<0x4100).contains(register) else { return }
    var (port, memory) = (0 as UInt32, 0 as UInt32)
    withUnsafeMutableBytes(of: &port) {
      slot.readBAR(Self.ports, 4 + offset, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<count]))
    }
    guard slot.isDecoded(Self.ports), slot.isDecoded(Self.memory), register < 0x2_0000 else { return }
    withUnsafeMutableBytes(of: &memory) {
      slot.readBAR(
        Self.memory, register + offset, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<count]))
    }
    precondition(port == memory, "\(register) is \(memory), through IODATA \(port)")
  }

  /// A descriptor of a ring at 0, for a packet at 4096.
  private func setTransmit(_ index: Int, command: UInt8, isData: Bool, _ value: UInt32) {
    let second =
      UInt64(value & 0xffff) | UInt64(command) << 24 | (isData ? 1 << 20 : 0) | UInt64(value >> 16) << 40
    ram.bytes.storeBytes(of: 4096, toByteOffset: 16 * index, as: UInt64.self)
    ram.bytes.storeBytes(of: second, toByteOffset: 16 * index + 8, as: UInt64.self)
  }

  // MARK: The host

  private func deliver(_ frame: FuzzedFrame) {
    backend.waiting.append(frame)
    backendHasNews = true
  }

  /// The I/O thread at work.
  private func serve(_ body: () -> Void) {
    let before = (backend.room, backend.waiting.count)
    ram.isHidden = !slot.isBusMaster
    body()
    ram.isHidden = false
    precondition(
      slot.isBusMaster || before == (backend.room, backend.waiting.count),
      "frames move without bus mastering")
  }

  /// The I/O thread comes without having been told of anything by the backend.
  private func serveUncalled() {
    let isCalled = takeKick(card.core.kick.descriptor)
    let before = (backend.room, transmitHead, backend.waiting.count)
    let couldBeRefused = filtersChanged
    filtersChanged = false
    serve { card.worker.serve() }
    if !isCalled, !backendHasNews {
      precondition(
        before.0 == 0 || before.0 == backend.room && before.1 == transmitHead, "nobody was called to send")
      precondition(couldBeRefused || before.2 == backend.waiting.count, "nobody was called to receive")
    }
  }

  private var transmitHead: Int { card.core.withState { $0.transmitRing.head } }

  private func advance(by nanoseconds: UInt64) {
    let before = time.now
    time.advance(by: nanoseconds)
    guard time.now - before >= Self.longestInterval else { return }
    precondition(
      slot.interrupt.isPending == (pendingCauses != 0), "the throttle holds an interrupt back for good")
  }

  private var pendingCauses: UInt32 {
    card.core.withState { $0.interrupts.causes & $0.interrupts.mask }
  }

  // MARK: What must hold

  func check() {
    slot.check()
    let interval = card.core.withState { $0.interrupts.interval }
    let (isPending, isEnabled) = slot.interrupt
    precondition(pin.level == (isPending && isEnabled), "the pin is no function of its status")
    precondition(!isPending || pendingCauses != 0, "an interrupt is pending for nothing")
    precondition(isPending || pendingCauses == 0 || interval != 0, "an interrupt is held back for nothing")
    guard slot.isDecoded(Self.ports) else { return }
    var address: UInt32 = 0
    withUnsafeMutableBytes(of: &address) { slot.readBAR(Self.ports, 0, into: $0) }
    precondition(address == selected, "IOADDR is \(address), not \(selected)")
  }

  /// After a reset the registers say so, a packet is sent and a frame is stored.
  func recover() {
    backend.meanwhile = nil
    slot.checkConfiguration()
    slot.restore()
    write(0x0000, 1 << 26)
    serve { card.worker.backendIsReady() }
    precondition(!pin.level && read(0x00c0) == 0)
    checkReset()
    backend.waiting = [FuzzedFrame(count: 64, kind: 0xff, value: 0)]
    backend.room = 1
    backend.isLinkUp = true
    // Power to the transceiver, link, both rings of 8 at 0 and 0x100.
    for (register, value): (UInt64, UInt32) in [
      (0x0020, 0x0420_1140), (0x0000, 0x40), (0x3808, 128), (0x0400, 2), (0x2800, 0x100), (0x2808, 128),
      (0x2818, 7), (0x0100, 0x0400_800a),
    ] { write(register, value) }
    ram.bytes[..<0x200].initializeMemory(as: UInt8.self, repeating: 0)
    setTransmit(0, command: 0x0b, isData: false, 60)
    write(0x3818, 1)
    // The second time for what the first found out of the link.
    card.worker.backendIsReady()
    card.worker.serve()
    precondition(read(0x3810) == 1 && backend.room == 0 && ram.bytes[12] & 1 == 1, "nothing was sent")
    precondition(ram.bytes[0x108] == 64 && ram.bytes[0x10c] & 3 == 3, "nothing was stored")
  }

  /// Chapter 13: the address comes from the EEPROM, 48 KiB of the packet buffer are for receiving, CTRL and STATUS say
  /// full duplex at 1000 Mb/s and no link; ITR, IMS, RCTL, both rings, TCTL and the statistics are zero, and none of the
  /// other addresses counts.
  private func checkReset() {
    let words = (0..<3 as Range<UInt32>).map { word -> UInt32 in
      write(0x0014, word << 8 | 1)
      return read(0x0014) >> 16
    }
    let values: [(UInt64, UInt32)] = [
      (0x0000, 0x201), (0x0008, 0x281), (0x1000, 0x0010_0030), (0x5400, words[1] << 16 | words[0]),
      (0x5404, 1 << 31 | words[2]),
    ]
    for (register, value) in values {
      precondition(read(register) == value, "\(register) is \(read(register)) after a reset")
    }
    let zeros: [UInt64] = [
      0x00c4, 0x00d0, 0x0100, 0x0400, 0x2800, 0x2804, 0x2808, 0x2810, 0x2818, 0x3800, 0x3804, 0x3808, 0x3810,
      0x3818,
    ]
    for register in zeros + Array(stride(from: 0x4000, to: 0x4100, by: 4)) {
      precondition(read(register) == 0, "\(register) is not zero after a reset")
    }
    for high in stride(from: 0x540c, to: 0x5480 as UInt64, by: 8) { precondition(read(high) >> 31 == 0) }
  }
}
