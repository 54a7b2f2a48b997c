import Glibc

/// A channel with two disks and its bus master, whose I/O thread comes when the input says so. Input: 4 bytes a step:
/// what to do, where, and two of a value.
func fuzzIDE(_ bytes: UnsafeRawBufferPointer) {
  let guest = FuzzedIDE()
  for start in stride(from: 0, to: bytes.count - 3, by: 4) {
    guest.step(bytes[start], bytes[start + 1], (bytes[start + 2], bytes[start + 3]))
    guest.check()
  }
  guest.recover()
}

private final class FuzzedIDE {
  private static let ramBytes = 1 << 17
  /// One for all inputs; no handler runs on it.
  private static let thread: IOThread = {
    guard let thread = try? IOThread(name: "fuzz") else { fatalError("no thread") }
    return thread
  }()

  private let ram = UnsafeMutableRawBufferPointer.allocate(byteCount: ramBytes, alignment: 4096)
  private let function = PCIRegisters(
    PCIIdentity(vendor: 1, device: 2, classCode: 0),
    bars: [PCIBAR(4, .ports, size: 16, name: "bus-master")])
  private let line = FuzzPin()
  private let channel: IDEChannel

  init() {
    ram.initializeMemory(as: UInt8.self, repeating: 0)
    guard let base = ram.baseAddress,
      let channel = try? IDEChannel(
        name: "fuzzed", IDEDisk(backend: FuzzedDisk(isReadOnly: false), serial: "first"),
        IDEDisk(backend: FuzzedDisk(isReadOnly: true), serial: "second"), line: line,
        memory: GuestRAM(base: base, lowBytes: UInt64(Self.ramBytes)), function: function, thread: Self.thread
      )
    else { fatalError("no channel") }
    self.channel = channel
    setMaster(true)
  }

  deinit { ram.deallocate() }

  private func setMaster(_ isMaster: Bool) {
    withUnsafeBytes(of: UInt16(isMaster ? 5 : 1).littleEndian) { function.write(offset: 4, from: $0) }
  }

  func step(_ operation: UInt8, _ place: UInt8, _ value: (UInt8, UInt8)) {
    switch operation & 15 {
    case 0...3: fuzzWrite(channel, UInt64(place % 10), value.0)
    case 4: _ = fuzzRead(channel, UInt64(place % 10))
    case 5: data(Int(value.0) | Int(value.1 & 31) << 8, elementSize: Int(place), isWrite: true)
    case 6: data(Int(value.0) | Int(value.1 & 31) << 8, elementSize: Int(place), isWrite: false)
    case 7, 8: channel.writeBusMaster(place & 7, value.0)
    case 9: _ = channel.readBusMaster(place & 7)
    case 10, 11: channel.serve()
    // Tables are where it can do the most.
    case 12, 13: ram.storeBytes(of: value.0, toByteOffset: Int(place), as: UInt8.self)
    case 14: command(value.0, sector: place, count: value.1)
    default: setMaster(value.0 & 1 == 0)
    }
  }

  private func data(_ count: Int, elementSize: Int, isWrite: Bool) {
    withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { bytes in
      bytes.initializeMemory(as: UInt8.self, repeating: 0xda)
      if isWrite {
        _ = channel.writeString(offset: 0, elementSize: elementSize, from: UnsafeRawBufferPointer(bytes))
      } else {
        channel.readString(offset: 0, elementSize: elementSize, into: bytes)
      }
    }
  }

  private func command(_ code: UInt8, sector: UInt8, count: UInt8) {
    for (register, value) in [(6, 0xe0), (2, 0), (2, count), (3, 0), (3, sector), (4, 0), (5, 0), (7, code)] {
      fuzzWrite(channel, UInt64(register), UInt8(value))
    }
  }

  func check() {
    let status = fuzzRead(channel, 8)
    precondition([0x80, 0x50, 0x51, 0x58].contains(status), "no status of a disk: \(status)")
    precondition(channel.readBusMaster(2) & 0x98 == 0, "reserved bits")
  }

  /// A reset brings the first disk back.
  func recover() {
    fuzzWrite(channel, 8, 4)
    fuzzWrite(channel, 8, 0)
    channel.serve()
    precondition(fuzzRead(channel, 7) == 0x50 && !line.level)
    command(0xec, sector: 0, count: 0)
    precondition(line.level && fuzzRead(channel, 7) == 0x58)
    var sum: UInt8 = 0
    for _ in 0..<512 { sum &+= fuzzRead(channel, 0) }
    precondition(sum == 0 && fuzzRead(channel, 7) == 0x50)
  }
}

/// A disk of 200 sectors, two of which are bad, that has no bytes but sees what it is asked for.
private final class FuzzedDisk: BlockBackend {
  let byteCount: UInt64 = 200 * sectorSize
  let blockSize: UInt32 = 512
  let isReadOnly: Bool

  init(isReadOnly: Bool) { self.isReadOnly = isReadOnly }

  private func check(_ offset: UInt64, _ segments: UnsafeBufferPointer<iovec>) throws(BlockError) {
    let end = segments.reduce(offset) { $0 + UInt64($1.iov_len) }
    precondition(offset < end && end <= byteCount, "outside the disk")
    precondition(offset % sectorSize == 0 && end % sectorSize == 0, "no whole sectors")
    for bad in [50, 180] as [UInt64] where (offset..<end).contains(bad * sectorSize) {
      throw .failed(errno: EIO)
    }
  }

  func read(at offset: UInt64, into segments: UnsafeBufferPointer<iovec>) throws(BlockError) {
    try check(offset, segments)
    for segment in segments {
      UnsafeMutableRawBufferPointer(start: segment.iov_base, count: segment.iov_len)
        .initializeMemory(as: UInt8.self, repeating: 0xd1)
    }
  }

  func write(at offset: UInt64, from segments: UnsafeBufferPointer<iovec>) throws(BlockError) {
    precondition(!isReadOnly, "a read-only disk is written")
    try check(offset, segments)
  }

  func flush() throws(BlockError) {}
  func discard(_ range: Range<UInt64>) throws(BlockError) { preconditionFailure("IDE does not discard") }
  func zero(_ range: Range<UInt64>, mayUnmap: Bool) throws(BlockError) {
    preconditionFailure("IDE does not zero")
  }
}
