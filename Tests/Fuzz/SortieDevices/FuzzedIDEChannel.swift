/// A channel as the guest reaches it, and what it knows of it.
final class FuzzedIDEChannel {
  private let controller: IDEController
  private let slot: FuzzedSlot
  private let channel: IDEChannel
  private let disks: [FuzzedDisk?]
  private let line: FuzzPin
  private let ports: (block: UInt64, control: UInt64)
  // Where the bus master has its registers.
  private let busMaster: UInt64

  /// What the guest does while a disk is at its next job.
  var meanwhile: (() -> Void)? {
    didSet { for disk in disks { disk?.meanwhile = meanwhile } }
  }

  /// The device control register.
  private var control: UInt8 = 0
  /// Edges of the line that the bus master was seen to note.
  private var edges = 0

  init(
    _ controller: IDEController, _ slot: FuzzedSlot, _ channel: IDEChannel, _ disks: [FuzzedDisk?],
    _ line: FuzzPin, ports: (UInt64, UInt64), busMaster: UInt64
  ) {
    self.controller = controller
    self.slot = slot
    self.channel = channel
    self.disks = disks
    self.line = line
    self.ports = ports
    self.busMaster = busMaster
  }

  /// What the guest sees of the channel without changing it.
  struct Seen: Equatable {
    var status: UInt8
    var busMaster: UInt64
    var isInterrupting: Bool
    var edges: Int
    var diskCalls: Int
  }

  var seen: Seen {
    var registers: UInt64 = 0
    withUnsafeMutableBytes(of: &registers) { controller.readBAR(4, offset: busMaster, into: $0) }
    return Seen(
      status: status, busMaster: UInt64(littleEndian: registers), isInterrupting: line.level,
      edges: line.edges,
      diskCalls: disks.reduce(0) { $0 + ($1?.calls ?? 0) })
  }

  /// The alternate status.
  private var status: UInt8 { input(ports.control) }

  // MARK: Ports

  private func input(_ port: UInt64) -> UInt8 {
    var byte: UInt8 = 0
    withUnsafeMutableBytes(of: &byte) { slot.read(port, in: .port, into: $0) }
    return byte
  }

  private func output(_ port: UInt64, elementSize: Int = 1, _ bytes: UnsafeRawBufferPointer) {
    // Elements of one byte and more, of which one may lie at the control register.
    if port <= ports.control, ports.control - port < elementSize {
      let place = Int(ports.control - port)
      for index in stride(from: place, to: bytes.count, by: elementSize) { control = bytes[index] }
    }
    slot.write(port, in: .port, elementSize: elementSize, from: bytes)
  }

  /// The ports from 0 to 7 are the command block; behind it the control register and a port that belongs to nobody.
  private func port(_ register: UInt8) -> UInt64 {
    register < 8 ? ports.block + UInt64(register) : ports.control + UInt64(register - 8)
  }

  func write(_ register: UInt8, _ value: UInt8) {
    withUnsafeBytes(of: value) { output(port(register), $0) }
  }

  @discardableResult
  func read(_ register: UInt8) -> UInt8 {
    let value = input(port(register))
    precondition(register != 7 || !line.level, "reading status ends the interrupt")
    return value
  }

  func data(_ count: Int, elementSize: Int, isWrite: Bool) {
    withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { bytes in
      bytes.initializeMemory(as: UInt8.self, repeating: 0xda)
      if isWrite {
        output(ports.block, elementSize: elementSize, UnsafeRawBufferPointer(bytes))
      } else {
        slot.read(ports.block, in: .port, elementSize: elementSize, into: bytes)
      }
    }
  }

  /// Any access at or about the ports.
  func access(_ place: UInt8, size: Int, elements: Int, value: UInt8) {
    let start = (place & 0x40 == 0 ? ports.block : ports.control) - 8 + UInt64(place & 31)
    withUnsafeTemporaryAllocation(byteCount: size * elements, alignment: 8) { bytes in
      bytes.initializeMemory(as: UInt8.self, repeating: value)
      if place & 0x80 == 0 {
        output(start, elementSize: size, UnsafeRawBufferPointer(bytes))
      } else {
        slot.read(start, in: .port, elementSize: size, into: bytes)
      }
    }
  }

  func writeBusMaster(_ register: UInt8, _ value: UInt8) {
    withUnsafeBytes(of: value) { slot.writeBAR(0, busMaster + UInt64(register), from: $0) }
  }

  /// Any access to the bus masters, of which both may be touched.
  func access(busMaster place: UInt8, count: Int, value: UInt8) {
    withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { bytes in
      bytes.initializeMemory(as: UInt8.self, repeating: value)
      slot.readBAR(0, UInt64(place), into: bytes)
      bytes.initializeMemory(as: UInt8.self, repeating: value)
      slot.writeBAR(0, UInt64(place), from: UnsafeRawBufferPointer(bytes))
    }
  }

  /// A command, which if it is of 48 bits is for 256 sectors more from odd ones on.
  func command(_ code: UInt8, sector: UInt8, count: UInt8) {
    for (register, value) in [
      (6, 0xe0), (2, sector & 1), (2, count), (3, 0), (3, sector), (4, 0), (5, 0), (7, code),
    ] {
      write(UInt8(register), UInt8(value))
    }
  }

  // MARK: The host

  /// The I/O thread at work.
  func serve(_ ram: FuzzedRAM) {
    let isCalled = takeKick(channel.kick.descriptor)
    let before = seen
    ram.isHidden = !slot.isBusMaster
    channel.serve()
    ram.isHidden = false
    precondition(isCalled || before == seen, "nobody was called")
  }

  // MARK: What must hold

  func check() {
    let seen = seen
    let statuses: [UInt8] =
      disks[0] == nil
      ? disks[1] == nil ? [0x7f] : [0x7f, 0x80, 0x50, 0x51, 0x58]
      : disks[1] == nil ? [0x00, 0x80, 0x50, 0x51, 0x58] : [0x80, 0x50, 0x51, 0x58]
    precondition(statuses.contains(seen.status), "no status of a disk: \(seen.status)")
    // nIEN and SRST.
    precondition(!line.level || control & 6 == 0, "an interrupt with \(control) in device control")
    precondition(control & 4 == 0 || ![0x50, 0x51, 0x58].contains(seen.status), "SRST and not busy")
    // Reserved bits.
    precondition(seen.busMaster & 0x0000_0003_ff98_fff6 == 0, "reserved bits: \(seen.busMaster)")
    precondition(seen.busMaster >> 16 & 1 <= seen.busMaster & 1, "active and not started")
    precondition(line.edges == edges || seen.busMaster >> 18 & 1 == 1, "an interrupt that is not noted")
    edges = line.edges
  }

  func recover(_ ram: FuzzedRAM) {
    write(8, 4)
    write(8, 0)
    serve(ram)
    precondition(!line.level)
    for device in [0, 1] where disks[device] != nil {
      if device == 1 { write(6, 0x10) }
      precondition(read(7) == 0x50 && read(1) == 1, "device \(device) is not back")
      let signature = (2...6 as ClosedRange<UInt8>).map { read($0) }
      precondition(signature == [1, 1, 0, 0, device == 1 ? 0x10 : 0], "signature of device \(device)")
    }
    guard disks[0] != nil else { return }
    command(0xec, sector: 0, count: 0)
    precondition(line.level && read(7) == 0x58)
    var sum: UInt8 = 0
    for _ in 0..<512 { sum &+= read(0) }
    precondition(sum == 0 && read(7) == 0x50)
    readSector(ram)
  }

  /// READ DMA of one sector to 0x1_0000.
  private func readSector(_ ram: FuzzedRAM) {
    let words: [UInt32] = [0x1_0000, 1 << 31 | 512]
    ram.bytes.copyBytes(from: words.withUnsafeBytes { Array($0) })
    ram.bytes[0x1_0000..<0x1_0201].initializeMemory(as: UInt8.self, repeating: 0)
    writeBusMaster(0, 0)
    writeBusMaster(2, 6)
    for register in 4..<8 as Range<UInt8> { writeBusMaster(register, 0) }
    command(0xc8, sector: 0, count: 1)
    writeBusMaster(0, 9)
    serve(ram)
    precondition(seen.busMaster >> 16 & 7 == 4 && read(7) == 0x50, "no DMA")
    precondition(ram.bytes[0x1_0000] == 0xd1 && ram.bytes[0x1_01ff] == 0xd1 && ram.bytes[0x1_0200] == 0)
  }
}
