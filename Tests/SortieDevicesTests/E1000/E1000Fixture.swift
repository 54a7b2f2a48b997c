import DeviceFixtures
import SortieDevices
import Testing

/// A card in a machine, and a driver that knows it from the manual (Intel 317453-006).
final class E1000Fixture {
  // Registers, table 13-2.
  static let ctrl = 0x0000
  static let status = 0x0008
  static let eecd = 0x0010
  static let eerd = 0x0014
  static let mdic = 0x0020
  static let vet = 0x0038
  static let icr = 0x00c0
  static let itr = 0x00c4
  static let ics = 0x00c8
  static let ims = 0x00d0
  static let imc = 0x00d8
  static let rctl = 0x0100
  static let tctl = 0x0400
  static let pba = 0x1000
  static let rdbal = 0x2800
  static let rdbah = 0x2804
  static let rdlen = 0x2808
  static let rdh = 0x2810
  static let rdt = 0x2818
  static let rdtr = 0x2820
  static let rsrpd = 0x2c00
  static let tdbal = 0x3800
  static let tdbah = 0x3804
  static let tdlen = 0x3808
  static let tdh = 0x3810
  static let tdt = 0x3818
  static let txdctl = 0x3828
  static let rxcsum = 0x5000
  static let mta = 0x5200
  static let ral = 0x5400
  static let rah = 0x5404
  static let vfta = 0x5600

  // Bits of CTRL, TCTL and RCTL.
  static let setLinkUp: UInt32 = 1 << 6
  static let reset: UInt32 = 1 << 26
  static let vlanMode: UInt32 = 1 << 30
  static let enable: UInt32 = 1 << 1
  static let pad: UInt32 = 1 << 3
  static let longPackets: UInt32 = 1 << 5
  static let broadcasts: UInt32 = 1 << 15
  static let stripCRC: UInt32 = 1 << 26

  static let slot = 1
  static let mac: [UInt8] = [0x52, 0x54, 0, 0x12, 0x34, 0x56]
  static let ringSize = 8
  static let transmitRing: UInt64 = 0x1000
  static let receiveRing: UInt64 = 0x2000
  static let transmitBuffer: UInt64 = 0x1_0000
  static let receiveBuffers: UInt64 = 0x4_0000

  let ram = TestRAM(lowBytes: 0x80000)
  let time = ManualTime()
  let interrupts = RecordingInterrupts()
  let thread: IOThread
  let backend: FakeNetBackend
  let card: E1000
  let pci: PCIFixture

  init(backend: FakeNetBackend = FakeNetBackend()) throws {
    self.backend = backend
    thread = try IOThread(name: "e1000")
    card = try E1000(
      name: "net0", backend: backend, mac: try #require(MACAddress(bytes: Self.mac)), memory: ram.ram,
      thread: thread, timers: time, interrupts: interrupts, line: 11)
    pci = try PCIFixture([Self.slot: card])
  }

  deinit {
    card.stop()
    thread.stop()
  }

  // MARK: Registers

  subscript(register: Int) -> UInt32 {
    get { read(UInt64(register), bar: 0, count: 4).littleEndian() }
    set { write(UInt64(register), bar: 0, newValue.littleEndianBytes) }
  }

  func read(_ offset: UInt64, bar: Int, count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0x55, count: count)
    bytes.withUnsafeMutableBytes { card.readBAR(bar, offset: offset, into: $0) }
    return bytes
  }

  func write(_ offset: UInt64, bar: Int, _ bytes: [UInt8]) {
    #expect(bytes.withUnsafeBytes { card.writeBAR(bar, offset: offset, from: $0) } == .none)
  }

  /// What the pin did since this was last asked.
  func takePin() -> [Bool] {
    interrupts.take().map { event in
      if case .pin(let level) = event { return level }
      Issue.record("\(event)")
      return false
    }
  }

  func setBusMaster(_ isMaster: Bool) { pci.write(UInt16(isMaster ? 7 : 3), Self.slot, 4) }

  func settle() throws { try thread.settle() }

  // MARK: Driver

  /// Brings the link up, and both rings, the receive ring with buffers but for one.
  func start(ctrl: UInt32 = 0, tctl: UInt32 = 0, rctl: UInt32 = broadcasts | stripCRC) throws {
    setBusMaster(true)
    self[Self.ctrl] = Self.setLinkUp | ctrl
    self[Self.tdbal] = UInt32(Self.transmitRing)
    self[Self.tdlen] = UInt32(16 * Self.ringSize)
    self[Self.tctl] = Self.enable | tctl
    self[Self.rdbal] = UInt32(Self.receiveRing)
    self[Self.rdlen] = UInt32(16 * Self.ringSize)
    for index in 0..<Self.ringSize { setReceiveBuffer(index, Self.receiveBuffers + UInt64(index) * 0x4000) }
    self[Self.rdt] = UInt32(Self.ringSize - 1)
    self[Self.rctl] = Self.enable | rctl
    _ = self[Self.icr]
    try settle()
    _ = takePin()
  }

  func setReceiveBuffer(_ index: Int, _ address: UInt64) {
    ram.store(address, at: Self.receiveRing + UInt64(16 * index))
    ram.store(0 as UInt64, at: Self.receiveRing + UInt64(16 * index) + 8)
  }

  /// Puts a descriptor into the transmit ring, without telling the card.
  func setTransmit(_ index: Int, _ first: UInt64, _ second: UInt64) {
    ram.store(first, at: Self.transmitRing + UInt64(16 * (index % Self.ringSize)))
    ram.store(second, at: Self.transmitRing + UInt64(16 * (index % Self.ringSize)) + 8)
  }

  /// Hands over the descriptors up to `tail` and waits for the card.
  func transmit(to tail: Int) throws {
    self[Self.tdt] = UInt32(tail % Self.ringSize)
    try settle()
  }

  /// Whether the card is done with a transmit descriptor.
  func isDone(_ index: Int) -> Bool {
    ram.load(UInt8.self, at: Self.transmitRing + UInt64(16 * index) + 12) & 1 != 0
  }

  /// A receive descriptor as the card has written it.
  struct Received: Equatable {
    var length: Int
    var checksum: UInt16
    var status: UInt8
    var errors: UInt8
    var special: UInt16
  }

  func received(_ index: Int) -> Received {
    let at = Self.receiveRing + UInt64(16 * index)
    return Received(
      length: Int(ram.load(UInt16.self, at: at + 8)), checksum: ram.load(UInt16.self, at: at + 10),
      status: ram.load(UInt8.self, at: at + 12), errors: ram.load(UInt8.self, at: at + 13),
      special: ram.load(UInt16.self, at: at + 14))
  }

  /// The bytes that a receive descriptor says are in its buffer.
  func data(_ index: Int) -> [UInt8] {
    let at = Self.receiveRing + UInt64(16 * index)
    return ram.load(count: received(index).length, at: ram.load(UInt64.self, at: at))
  }

  /// Sends frames to the card and waits for it.
  func deliver(_ frames: [UInt8]...) throws {
    backend.deliver(frames)
    try settle()
  }
}
