/// A driver of the card whose I/O thread comes when the input says so. Input: 8 bytes a step: what to do, where, two
/// bytes more of where, and 32 bits of a value.
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
  private static let ramBytes = 1 << 16
  private static let identity = PCIIdentity(vendor: 1, device: 2, classCode: 0)
  /// Where drivers work most.
  private static let registers: [UInt64] = [
    0x0000, 0x0010, 0x0014, 0x0020, 0x0038, 0x00c0, 0x00c4, 0x00c8, 0x00d0, 0x00d8, 0x0100, 0x0400,
    0x1000, 0x2800, 0x2804, 0x2808, 0x2810, 0x2818, 0x2820, 0x3800, 0x3804, 0x3808, 0x3810, 0x3818,
    0x3828, 0x5000, 0x5200, 0x5400, 0x5404, 0x5600, 0x4010, 0x40fc,
  ]

  private let ram = UnsafeMutableRawBufferPointer.allocate(byteCount: ramBytes, alignment: 4096)
  private let time = FuzzTime()
  private let backend = FuzzedCable()
  private let pin = CheckingInterrupts()
  private let core: E1000Core
  private let worker: E1000Worker

  init() {
    ram.initializeMemory(as: UInt8.self, repeating: 0)
    let function = PCIRegisters(Self.identity, pin: 1, interrupts: pin)
    guard let base = ram.baseAddress, let mac = MACAddress(bytes: [2, 0, 0, 0, 0, 1]),
      let core = try? E1000Core(
        eeprom: MicrowireEEPROM(mac: mac, identity: Self.identity), pin: function, timers: time)
    else { fatalError("no card") }
    self.core = core
    worker = E1000Worker(
      core: core, backend: backend, memory: GuestRAM(base: base, lowBytes: UInt64(Self.ramBytes)))
    core.change { $0.setBusMaster(true) }
  }

  deinit { ram.deallocate() }

  private func write(_ register: UInt64, _ value: UInt32) {
    withUnsafeBytes(of: value.littleEndian) { core.write(at: register, from: $0) }
  }

  private func read(_ register: UInt64) -> UInt32 {
    var value: UInt32 = 0
    withUnsafeMutableBytes(of: &value) { core.read(at: register, into: $0) }
    return UInt32(littleEndian: value)
  }

  func step(_ operation: UInt8, _ what: UInt8, _ place: UInt16, _ value: UInt32) {
    let register = Self.registers[Int(what) % Self.registers.count]
    switch operation & 15 {
    case 0...2: write(register, value)
    case 3: write(UInt64(place) << 1 & ~3, value)
    case 4: _ = read(register)
    case 5: access(UInt64(value & 0x3_ffff), count: Int(what & 15), isWrite: place & 1 == 0)
    // Rings are where it can do the most.
    case 6: ram.storeBytes(of: value, toByteOffset: Int(place & 0x3fc), as: UInt32.self)
    case 7: setTransmit(Int(place & 7), command: what, isData: place & 8 != 0, value)
    case 8: write(0x3818, value & 15)
    case 9: write(0x2818, value & 15)
    case 10: backend.waiting.append(Int(place % 9100))
    case 11: backend.room = Int(value & 31)
    case 12:
      backend.isLinkUp = value & 1 != 0
      worker.backendIsReady()
    case 13: time.advance(by: UInt64(place) << UInt64(what & 15))
    case 14: core.change { $0.setBusMaster(value & 1 != 0) }
    default: worker.serve()
    }
  }

  private func access(_ offset: UInt64, count: Int, isWrite: Bool) {
    withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { bytes in
      bytes.initializeMemory(as: UInt8.self, repeating: 0xa5)
      if isWrite {
        core.write(at: offset, from: UnsafeRawBufferPointer(bytes))
      } else {
        core.read(at: offset, into: bytes)
      }
    }
  }

  /// A descriptor of a ring at 0, for a packet at 4096.
  private func setTransmit(_ index: Int, command: UInt8, isData: Bool, _ value: UInt32) {
    let second =
      UInt64(value & 0xffff) | UInt64(command) << 24 | (isData ? 1 << 20 : 0) | UInt64(value >> 16) << 40
    ram.storeBytes(of: 4096, toByteOffset: 16 * index, as: UInt64.self)
    ram.storeBytes(of: second, toByteOffset: 16 * index + 8, as: UInt64.self)
  }

  func check() {
    let (causes, interval) = core.withState {
      ($0.interrupts.causes & $0.interrupts.mask, $0.interrupts.interval)
    }
    precondition(!pin.level || causes != 0, "the pin is up for nothing")
    precondition(pin.level || causes == 0 || interval != 0, "the pin is down for nothing")
  }

  /// After a reset a packet is sent and a frame is stored.
  func recover() {
    write(0x0000, 1 << 26)
    worker.backendIsReady()
    precondition(!pin.level && read(0x00c0) == 0)
    backend.waiting = [64]
    backend.room = 1
    backend.isLinkUp = true
    core.change { $0.setBusMaster(true) }
    // Power to the transceiver, link, both rings of 8 at 0 and 0x100.
    for (register, value): (UInt64, UInt32) in [
      (0x0020, 0x0420_1140), (0x0000, 0x40), (0x3808, 128), (0x0400, 2), (0x2800, 0x100), (0x2808, 128),
      (0x2818, 7), (0x0100, 0x0400_800a),
    ] { write(register, value) }
    ram[..<0x200].initializeMemory(as: UInt8.self, repeating: 0)
    setTransmit(0, command: 0x0b, isData: false, 60)
    write(0x3818, 1)
    // The second time for what the first found out of the link.
    worker.backendIsReady()
    worker.serve()
    precondition(read(0x3810) == 1 && backend.room == 0 && ram[12] & 1 == 1, "nothing was sent")
    precondition(ram[0x108] == 64 && ram[0x10c] & 3 == 3, "nothing was stored")
  }
}

private final class FuzzedCable: NetBackend, @unchecked Sendable {
  let mtu = 9000
  let pollDescriptor: Int32 = -1
  var isLinkUp = true
  var room = 0
  var waiting: [Int] = []

  func updateLink() {}

  func receive(into buffer: UnsafeMutableRawBufferPointer) -> NetReception {
    guard !waiting.isEmpty else { return .nothing }
    let count = waiting.removeFirst()
    guard count <= buffer.count else { return .oversized }
    buffer[..<count].initializeMemory(as: UInt8.self, repeating: 0xff)
    return .frame(count)
  }

  func send(_ frame: UnsafeRawBufferPointer) -> NetTransmission {
    precondition((14...9018).contains(frame.count), "a frame of \(frame.count) bytes")
    // Reads all of it.
    precondition(frame.reduce(0 as UInt64) { $0 &+ UInt64($1) } < .max)
    guard room > 0 else { return .full }
    room -= 1
    return .sent
  }
}
