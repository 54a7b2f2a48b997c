import Glibc
import SortieDevices
import Testing

/// A machine with an IDE controller in slot 1, driven at its ports as a driver would.
final class IDEFixture {
  static let ramBytes = 1 << 20
  static let slot = 1

  // Status and error bits as ATA/ATAPI-6 names them.
  static let busy: UInt8 = 0x80
  static let dataRequest: UInt8 = 0x08
  static let error: UInt8 = 0x01
  static let ready: UInt8 = 0x50
  static let uncorrectable: UInt8 = 0x40
  static let notFound: UInt8 = 0x10
  static let aborted: UInt8 = 0x04

  let controller: IDEController
  let pci: PCIFixture
  let thread: IOThread
  let primary = RecordingLine()
  let secondary = RecordingLine()
  let ram = UnsafeMutableRawBufferPointer.allocate(byteCount: ramBytes, alignment: 4096)

  /// Of the channel that the calls below mean.
  var commandBlock: UInt64 = 0x1f0
  var control: UInt64 = 0x3f6

  init(_ disks: (any BlockBackend)?...) throws {
    ram.initializeMemory(as: UInt8.self, repeating: 0)
    guard let base = ram.baseAddress else { fatalError("no memory") }
    thread = try IOThread(name: "ide")
    controller = try IDEController(
      name: "ide0",
      disks: disks.enumerated().map { index, disk in
        disk.map { IDEDisk(backend: $0, serial: "serial-\(index)") }
      },
      memory: GuestRAM(base: base, lowBytes: UInt64(Self.ramBytes)), thread: thread, primaryLine: primary,
      secondaryLine: secondary)
    pci = try PCIFixture([Self.slot: controller], claim: controller.addPorts)
    // Ports and bus master.
    pci.write(UInt16(0b101), Self.slot, 0x04)
  }

  deinit {
    controller.stop()
    thread.stop()
    ram.deallocate()
  }

  func useSecondary() {
    commandBlock = 0x170
    control = 0x376
  }

  // MARK: Ports

  func input(_ port: UInt64, size: Int = 1) -> [UInt8] { pci.bus.read(port, in: .port, count: size) }
  func output(_ port: UInt64, _ bytes: [UInt8]) { pci.bus.write(port, in: .port, bytes) }

  subscript(register: UInt64) -> UInt8 {
    get { input(commandBlock + register)[0] }
    set { output(commandBlock + register, [newValue]) }
  }

  var status: UInt8 { self[7] }
  var alternateStatus: UInt8 {
    get { input(control)[0] }
    set { output(control, [newValue]) }
  }

  /// The address in the registers, with the upper half by the HOB bit.
  var address: UInt64 {
    let low = (3...5 as ClosedRange<UInt64>).reduce(0) { $0 | UInt64(self[$1]) << (8 * ($1 - 3)) }
    alternateStatus = 0x80
    defer { alternateStatus = 0 }
    return (3...5 as ClosedRange<UInt64>).reduce(low) { $0 | UInt64(self[$1]) << (8 * $1) }
  }

  // MARK: Commands

  /// A 28-bit command; `device` is 0 or 1.
  func command(_ code: UInt8, _ address: UInt64 = 0, count: Int = 0, device: UInt8 = 0, features: UInt8 = 0) {
    self[6] = 0xe0 | device << 4 | UInt8(truncatingIfNeeded: address >> 24) & 0xf
    self[1] = features
    self[2] = UInt8(truncatingIfNeeded: count)
    for byte in 0..<3 as Range<UInt64> { self[3 + byte] = UInt8(truncatingIfNeeded: address >> (8 * byte)) }
    self[7] = code
  }

  /// A 48-bit command, to device 0.
  func extendedCommand(_ code: UInt8, _ address: UInt64, count: Int) {
    self[6] = 0xe0
    self[2] = UInt8(truncatingIfNeeded: count >> 8)
    self[2] = UInt8(truncatingIfNeeded: count)
    for half in [24, 0] as [UInt64] {
      for byte in 0..<3 as Range<UInt64> {
        self[3 + byte] = UInt8(truncatingIfNeeded: address >> (half + 8 * byte))
      }
    }
    self[7] = code
  }

  /// Waits until the device is not busy.
  ///
  /// - Returns: the status; reading it ends the interrupt.
  @discardableResult
  func wait() -> UInt8 {
    #expect(waitUntil { self.alternateStatus & Self.busy == 0 })
    return status
  }

  func waitUntil(_ condition: () -> Bool) -> Bool {
    for _ in 0..<50_000 {
      if condition() { return true }
      usleep(100)
    }
    return false
  }

  /// One DRQ block by `rep insw` or `rep insl`.
  func readData(sectors: Int = 1, elementSize: Int = 2) -> [UInt8] {
    pci.bus.read(commandBlock, in: .port, elementSize: elementSize, count: 512 * sectors)
  }

  func writeData(_ bytes: [UInt8], elementSize: Int = 2) {
    pci.bus.write(commandBlock, in: .port, elementSize: elementSize, bytes)
  }

  // MARK: The bus master

  /// The first port of the channel's bus master.
  var busMaster: UInt64 {
    UInt64(pci.read(Self.slot, 0x20, as: UInt32.self) & ~3) + (commandBlock == 0x170 ? 8 : 0)
  }

  var busMasterStatus: UInt8 {
    get { input(busMaster + 2)[0] }
    set { output(busMaster + 2, [newValue]) }
  }

  /// Writes a table of regions, of which the last ends it unless `isEnded` is false.
  func setTable(at table: Int = 0x1000, _ regions: [(address: UInt32, count: UInt32)], isEnded: Bool = true) {
    for (index, region) in regions.enumerated() {
      let last = isEnded && index == regions.count - 1
      let words = [region.address, region.count & 0xffff | (last ? 1 << 31 : 0)]
      for (word, value) in words.enumerated() {
        ram.storeBytes(of: value.littleEndian, toByteOffset: table + 8 * index + 4 * word, as: UInt32.self)
      }
    }
    output(busMaster + 4, UInt32(table).littleEndianBytes)
  }

  func startBusMaster(toMemory: Bool) { output(busMaster, [toMemory ? 0x09 : 0x01]) }
  func stopBusMaster() { output(busMaster, [0]) }

  func memory(_ range: Range<Int>) -> [UInt8] { Array(ram[range]) }
  func fill(_ range: Range<Int>, with bytes: [UInt8]) {
    for (index, byte) in zip(range, bytes) { ram[index] = byte }
  }
}
