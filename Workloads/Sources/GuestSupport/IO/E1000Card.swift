public import CGuest
public import GuestABI

/// An Intel 82540EM (*PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual*): legacy descriptors in
/// two rings, their tails written once a batch, and the pin INTA, whose causes are read once an interrupt.
public struct E1000Card: NetworkCard {
  /// Registers (section 13.3).
  private enum Register {
    static let control: UInt64 = 0x0000
    static let causes: UInt64 = 0x00c0
    static let causesEnable: UInt64 = 0x00d0
    static let receiveControl: UInt64 = 0x0100
    static let transmitControl: UInt64 = 0x0400
    static let receiveRing: UInt64 = 0x2800
    static let transmitRing: UInt64 = 0x3800
  }

  /// Registers of a ring, from its first.
  private enum Ring {
    static let baseLow: UInt64 = 0x00
    static let baseHigh: UInt64 = 0x04
    static let length: UInt64 = 0x08
    static let head: UInt64 = 0x10
    static let tail: UInt64 = 0x18
  }

  /// Descriptors of either ring.
  private static let ringSize = 128
  private static let mask = UInt64(ringSize) - 1
  /// Room for a frame, the size that the receiver has after reset.
  private static let stride = 2048
  /// Descriptor done, in the status of either kind.
  private static let done: UInt8 = 1

  private let settings: NetworkSettings
  private let registers: UInt64
  /// Its pin of the I/O APIC, and whether that is masked while an interrupt is looked at.
  private let pin: UInt32
  private let masksPin: Bool
  private let transmit: UnsafeMutablePointer<e1000_descriptor>
  private let receive: UnsafeMutablePointer<e1000_descriptor>
  private let sent: UnsafeMutablePointer<UInt8>
  private let received: UnsafeMutablePointer<UInt8>
  /// Frames sent; answers taken before the last exchange; room that the card had then.
  private var transmitted: UInt64 = 0
  private var answered: UInt64 = 0
  private var room: UInt64
  private var answers: UInt64 = 0

  /// The machine's first.
  public init(_ settings: NetworkSettings, masksPin: Bool, _ memory: inout IOMemory) {
    self.settings = settings
    self.masksPin = masksPin
    let function = PCIFunction(vendor: 0x8086, device: 0x100e)
    function.enable()
    registers = function.memory(0)
    // Its pin stays up until the causes are read, which must come before the end of the interrupt.
    LocalAPIC.handle(LocalAPIC.vector, by: guest_interrupt_unended)
    pin = function.read(0x3c) & 0xff
    IOAPIC.route(pin: pin, to: LocalAPIC.vector | IOAPIC.levelTriggered)

    room = 2 &* settings.depth
    sent = memory.take(UInt8.self, count: settings.depth &* UInt64(Self.stride))
    received = memory.take(UInt8.self, count: room &* UInt64(Self.stride))
    transmit = memory.take(e1000_descriptor.self, count: UInt64(Self.ringSize), alignment: 128)
    receive = memory.take(e1000_descriptor.self, count: UInt64(Self.ringSize), alignment: 128)
    // The rooms follow each other around the ring, whose size is a multiple of their number.
    for index in 0..<Self.ringSize {
      receive[index].address = physical(received) &+ (UInt64(index) & (room &- 1)) &* UInt64(Self.stride)
    }
    start()
  }

  /// Sections 14.3 to 14.5, after reset.
  private func start() {
    write(Register.control, 1 &<< 6)  // SLU: the link is up
    setUp(Register.transmitRing, transmit)
    setUp(Register.receiveRing, receive)
    write(Register.receiveRing &+ Ring.tail, UInt32(truncatingIfNeeded: room))
    // EN, PSP, CT and COLD as the manual has them for full duplex.
    write(Register.transmitControl, 1 &<< 1 | 1 &<< 3 | 0x0f &<< 4 | 0x40 &<< 12)
    write(Register.receiveControl, 1 &<< 1 | 1 &<< 15 | 1 &<< 26)  // EN, broadcasts, without check sequence
    write(Register.causesEnable, settings.isAnswered ? 1 &<< 7 : 1 &<< 0)  // RXT0 or TXDW
  }

  private func setUp(_ ring: UInt64, _ descriptors: UnsafeMutablePointer<e1000_descriptor>) {
    write(ring &+ Ring.baseLow, UInt32(truncatingIfNeeded: physical(descriptors)))
    write(ring &+ Ring.baseHigh, 0)
    write(ring &+ Ring.length, UInt32(Self.ringSize &* MemoryLayout<e1000_descriptor>.size))
    write(ring &+ Ring.head, 0)
    write(ring &+ Ring.tail, 0)
  }

  @inline(__always)
  private func write(_ register: UInt64, _ value: UInt32) { mmio_write32(registers &+ register, value) }

  /// See ``NetworkCard/frame(_:)``.
  public func frame(_ index: UInt64) -> UnsafeMutablePointer<sortie_io_frame> { Self.frame(sent, index) }

  /// See ``NetworkCard/answer(_:)``.
  public func answer(_ index: UInt64) -> UnsafeMutablePointer<sortie_io_frame> {
    Self.frame(received, (answered &+ index) & (2 &* settings.depth &- 1))
  }

  /// See ``NetworkCard/exchange(count:)``.
  @inline(__always)
  public mutating func exchange(count: UInt64) {
    if answers != 0 { release() }
    guard settings.isSent else {
      let last = receive + Int((answered &+ count &- 1) & Self.mask)
      answers = count
      compiler_barrier()
      while last.pointee.status & Self.done == 0 { takeInterrupt() }
      return
    }
    for index in 0..<count {
      // EOP, IFCS, and RS for the last where its end is waited for (section 3.3.3).
      let reports = !settings.isAnswered && index == count &- 1
      transmit[Int((transmitted &+ index) & Self.mask)] = e1000_descriptor(
        address: physical(frame(index)), length: UInt16(truncatingIfNeeded: settings.bytes), checksum: 0,
        command: reports ? 0x0b : 0x03, status: 0, errors: 0, special: 0)
    }
    transmitted &+= count
    let last =
      settings.isAnswered
      ? receive + Int((answered &+ count &- 1) & Self.mask) : transmit + Int((transmitted &- 1) & Self.mask)
    compiler_barrier()
    write(Register.transmitRing &+ Ring.tail, UInt32(truncatingIfNeeded: transmitted & Self.mask))
    repeat {
      takeInterrupt()
    } while last.pointee.status & Self.done == 0
    if settings.isAnswered { answers = count }
  }

  /// Halts until the card interrupts, and reads why.
  @inline(__always)
  private func takeInterrupt() {
    guest_enable_and_halt()
    if masksPin { IOAPIC.route(pin: pin, to: LocalAPIC.vector | IOAPIC.levelTriggered | IOAPIC.masked) }
    _ = mmio_read32(registers &+ Register.causes)
    LocalAPIC.writeMSR(.endOfInterrupt, 0)
    if masksPin { IOAPIC.route(pin: pin, to: LocalAPIC.vector | IOAPIC.levelTriggered) }
  }

  /// Gives the card the room of the answers before.
  @inline(__always)
  private mutating func release() {
    for index in 0..<answers { receive[Int((room &+ index) & Self.mask)].status = 0 }
    room &+= answers
    answered &+= answers
    compiler_barrier()
    write(Register.receiveRing &+ Ring.tail, UInt32(truncatingIfNeeded: room & Self.mask))
  }

  private static func frame(
    _ rooms: UnsafeMutablePointer<UInt8>, _ index: UInt64
  ) -> UnsafeMutablePointer<sortie_io_frame> {
    UnsafeMutableRawPointer(rooms + Int(index) &* stride).assumingMemoryBound(to: sortie_io_frame.self)
  }
}
