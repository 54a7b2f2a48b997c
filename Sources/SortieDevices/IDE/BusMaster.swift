/// The bus master of one channel: its eight ports, and the engine that moves bytes between the channel and guest memory
/// (*Programming Interface for Bus Master IDE Controller*, revision 1.0; Intel 82371SB, 290550, BMICOM, BMISTA and
/// BMIDTP).
///
/// A transfer ends as "Status Bit Interpretation" has it, by active bit and interrupt bit: with a table that is too short
/// the engine stops and the device waits; with one that is wrong it stops with the error bit. Neither makes an interrupt.
struct BusMaster: Sendable {
  /// Ports of a channel.
  static let portCount: UInt64 = 8

  // Command.
  private static let start: UInt8 = 1 << 0
  private static let toMemory: UInt8 = 1 << 3

  // Status.
  private static let active: UInt8 = 1 << 0
  private static let error: UInt8 = 1 << 1
  private static let interrupt: UInt8 = 1 << 2
  private static let capable: UInt8 = 0b11 << 5

  private var command: UInt8 = 0
  private var status: UInt8
  private var pointer: UInt32 = 0
  private var table = PRDTable()

  /// A bus master at rest. Its status says which of the devices can do DMA, as firmware would.
  init(hasFirst: Bool, hasSecond: Bool) {
    status = (hasFirst ? 1 << 5 : 0) | (hasSecond ? 1 << 6 : 0)
  }

  func read(_ register: UInt8) -> UInt8 {
    switch register {
    case 0: command
    case 2: status
    case 4...7: UInt8(truncatingIfNeeded: pointer >> (8 * UInt32(register - 4)))
    default: 0
    }
  }

  mutating func write(_ register: UInt8, _ value: UInt8) {
    switch register {
    case 0: writeCommand(value)
    case 2:
      status = status & ~Self.capable | value & Self.capable
      status &= ~(value & (Self.error | Self.interrupt))
    case 4...7:
      let shift = 8 * UInt32(register - 4)
      pointer = (pointer & ~(0xff << shift) | UInt32(value) << shift) & ~3
    default: break
    }
  }

  private mutating func writeCommand(_ value: UInt8) {
    let wasStarted = command & Self.start != 0
    // The direction must not change in a transfer, so it does not.
    let direction = isActive ? command : value
    command = value & Self.start | direction & Self.toMemory
    if value & Self.start == 0 {
      status &= ~Self.active
    } else if !wasStarted {
      status |= Self.active
      table = PRDTable(at: pointer)
    }
  }

  var isActive: Bool { status & Self.active != 0 }

  /// The channel's interrupt line has risen.
  mutating func noteInterrupt() { status |= Self.interrupt }

  /// Moves `bytes` to or from the regions of the table; all of them, unless the engine does not run or stops on the way.
  ///
  /// - Parameter isMaster: whether the function may master the bus.
  /// - Returns: how many bytes were moved.
  mutating func move(
    _ bytes: UnsafeMutableRawBufferPointer, toMemory: Bool, _ memory: GuestRAM, isMaster: Bool
  ) -> Int {
    guard isActive else { return 0 }
    // Where device and engine would both send, or both wait, no byte moves either.
    guard isMaster, toMemory == (command & Self.toMemory != 0) else {
      stop(Self.error)
      return 0
    }
    var moved = 0
    while moved < bytes.count {
      guard let region = table.take(bytes.count - moved, of: memory) else {
        stop(Self.error)
        break
      }
      let part = UnsafeMutableRawBufferPointer(rebasing: bytes[moved..<moved + region.count])
      if toMemory {
        region.copyMemory(from: UnsafeRawBufferPointer(part))
      } else {
        part.copyMemory(from: UnsafeRawBufferPointer(region))
      }
      moved += region.count
      if table.isExhausted {
        stop()
        break
      }
    }
    return moved
  }

  private mutating func stop(_ reason: UInt8 = 0) { status = status & ~Self.active | reason }
}
