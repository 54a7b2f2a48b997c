/// A driver of the controller at its ports and in configuration space, whose I/O thread comes when the input says so.
/// Input: 4 bytes a step: what to do and at which cable, where, and two of a value. How many are left over at the end says
/// which disks the second cable has.
///
/// Status is one of a disk; interrupts follow nIEN, SRST and the reading of status, and each is noted by the bus master;
/// what is done at one cable is not seen at the other; without bus mastering no byte of memory is touched; the I/O thread
/// finds nothing to do that it was not called for; a reset brings back the signature and disks that work, by DMA too.
func fuzzIDE(_ bytes: UnsafeRawBufferPointer) {
  let guest = FuzzedIDE(secondCable: bytes.count & 3)
  for start in stride(from: 0, to: bytes.count - 3, by: 4) {
    guest.step(bytes[start], bytes[start + 1], (bytes[start + 2], bytes[start + 3]))
    guest.check()
  }
  guest.recover()
}

private final class FuzzedIDE {
  private let ram = FuzzedRAM(byteCount: 1 << 17)
  private let controller: IDEController
  private let slot: FuzzedSlot
  private let cables: [FuzzedIDEChannel]

  /// - Parameter secondCable: a master, a slave, nothing or both.
  init(secondCable: Int) {
    let first = [FuzzedDisk(isReadOnly: false), FuzzedDisk(isReadOnly: true)]
    let second = [
      [0, 3].contains(secondCable) ? FuzzedDisk(isReadOnly: false) : nil,
      [1, 3].contains(secondCable) ? FuzzedDisk(isReadOnly: true) : nil,
    ]
    let lines = [FuzzPin(), FuzzPin()]
    guard
      let controller = try? IDEController(
        name: "fuzzed", disks: (first + second).map { $0.map { IDEDisk(backend: $0, serial: "fuzz") } },
        memory: ram.memory, thread: idleThread, primaryLine: lines[0], secondaryLine: lines[1])
    else { fatalError("no controller") }
    self.controller = controller
    slot = FuzzedSlot(controller, claim: controller.addPorts)
    cables = [
      FuzzedIDEChannel(
        controller, slot, controller.primary, first, lines[0], ports: (0x1f0, 0x3f6), busMaster: 0),
      FuzzedIDEChannel(
        controller, slot, controller.secondary, second, lines[1], ports: (0x170, 0x376), busMaster: 8),
    ]
  }

  deinit { controller.stop() }

  func step(_ operation: UInt8, _ place: UInt8, _ value: (UInt8, UInt8)) {
    let cable = cables[Int(operation >> 4 & 1)]
    guard operation & 0x20 == 0 else { return stepFunction(operation & 15, cable, place, value) }
    let other = cables[Int(operation >> 4 & 1 ^ 1)]
    let before = other.seen
    switch operation & 15 {
    case 0...3: cable.write(place % 10, value.0)
    case 4: cable.read(place % 10)
    case 5: cable.data(Int(value.0) | Int(value.1 & 31) << 8, elementSize: Int(place & 7), isWrite: true)
    case 6: cable.data(Int(value.0) | Int(value.1 & 31) << 8, elementSize: Int(place & 7), isWrite: false)
    case 7, 8: cable.writeBusMaster(place & 7, value.0)
    case 9: cable.access(busMaster: place & 15, count: Int(value.0 & 7) + 1, value: value.1)
    case 10, 11: cable.serve(ram)
    // Tables are where it can do the most.
    case 12: ram.bytes.storeBytes(of: value.0, toByteOffset: Int(place), as: UInt8.self)
    case 13: setRegion(Int(place & 31), isLast: place & 0x80 != 0, at: value.0, count: value.1)
    case 14: cable.command(value.0, sector: place, count: value.1)
    default: cable.access(place, size: Int(value.0 & 7) + 1, elements: Int(value.0 >> 4) + 1, value: value.1)
    }
    precondition(
      operation & 15 == 9 || before == other.seen, "what is done at one cable is seen at the other")
  }

  private func stepFunction(
    _ operation: UInt8, _ cable: FuzzedIDEChannel, _ place: UInt8, _ value: (UInt8, UInt8)
  ) {
    switch operation {
    case 0...3: slot.setCommand(UInt16(value.1) << 8 | UInt16(value.0))
    case 4, 5: slot.move(0, to: UInt64(value.0))
    case 6...9:
      withUnsafeBytes(of: UInt64(value.0) &* 0x0101_0101_0101_0101) {
        let part = UnsafeRawBufferPointer(rebasing: $0[..<(Int(value.1 & 7) + 1)])
        slot.writeConfiguration(Int(place), from: part, byPorts: value.1 & 0x80 != 0)
      }
    case 10:
      withUnsafeTemporaryAllocation(byteCount: Int(value.1 & 15) + 1, alignment: 1) {
        slot.readConfiguration(Int(value.0) << 4 | Int(place & 15), into: $0)
      }
    // A driver that does something while the disk is at work.
    case 11, 12: cable.meanwhile = { cable.write(place % 10, value.0) }
    case 13:
      cable.meanwhile = { [slot, ram] in
        slot.setCommand(UInt16(value.0))
        ram.isHidden = !slot.isBusMaster
      }
    default: slot.restore()
    }
  }

  /// A region of a table at 0, of whole words in the upper half of RAM or behind it.
  private func setRegion(_ index: Int, isLast: Bool, at address: UInt8, count: UInt8) {
    let words = [0x1_0000 + UInt32(address) << 9, UInt32(count) << 8 | (isLast ? 1 << 31 : 0)]
    for (word, value) in words.enumerated() {
      ram.bytes.storeBytes(of: value, toByteOffset: 8 * index + 4 * word, as: UInt32.self)
    }
  }

  func check() {
    slot.check()
    for cable in cables { cable.check() }
  }

  /// A reset brings the disks back.
  func recover() {
    slot.checkConfiguration()
    for timing in [0x40, 0x42] {
      precondition(
        controller.registers.value(at: timing, as: UInt16.self) >> 15 == 1, "a channel is not decoded")
    }
    slot.restore()
    for cable in cables {
      cable.meanwhile = nil
      cable.recover(ram)
    }
  }
}
