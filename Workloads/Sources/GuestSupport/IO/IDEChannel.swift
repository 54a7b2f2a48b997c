import CGuest
import GuestABI

/// The primary channel of a PC's IDE controller: the task file of its first device (ATA/ATAPI-6, section 7), and
/// interrupt 14.
struct IDEChannel {
  private static let data: UInt16 = 0x1f0
  private static let sectorCount: UInt16 = 0x1f2
  private static let addressLow: UInt16 = 0x1f3
  private static let addressMiddle: UInt16 = 0x1f4
  private static let addressHigh: UInt16 = 0x1f5
  private static let device: UInt16 = 0x1f6
  private static let command: UInt16 = 0x1f7
  private static let status: UInt16 = 0x1f7
  private static let control: UInt16 = 0x3f6

  private static let busy: UInt8 = 1 << 7
  private static let deviceFault: UInt8 = 1 << 5
  private static let dataRequest: UInt8 = 1 << 3
  private static let error: UInt8 = 1 << 0

  private static let interrupt: UInt32 = 14
  /// The masks of the two PICs: an interrupt of the I/O APIC's first pins would come through them, too.
  private static let picMasks: (UInt16, UInt16) = (0x21, 0xa1)

  /// Commands (ATA/ATAPI-6, chapter 8).
  enum Command {
    static let readSectors: UInt8 = 0x20
    static let writeSectors: UInt8 = 0x30
    static let readDMA: UInt8 = 0xc8
    static let writeDMA: UInt8 = 0xca
  }

  /// Lets the device interrupt.
  init() {
    outb(Self.picMasks.0, 0xff)
    outb(Self.picMasks.1, 0xff)
    IOAPIC.route(pin: Self.interrupt, to: LocalAPIC.vector)
    outb(Self.device, 0xe0)
    outb(Self.control, 0)
    _ = inb(Self.status)
  }

  /// Gives a command over up to 256 sectors, with a block address of 28 bits.
  @inline(__always)
  func begin(_ command: UInt8, _ operation: DiskOperation) {
    let sector = operation.sector
    outb(Self.device, 0xe0 | UInt8(truncatingIfNeeded: sector &>> 24 & 0xf))
    outb(Self.sectorCount, UInt8(truncatingIfNeeded: operation.sectors))
    outb(Self.addressLow, UInt8(truncatingIfNeeded: sector))
    outb(Self.addressMiddle, UInt8(truncatingIfNeeded: sector &>> 8))
    outb(Self.addressHigh, UInt8(truncatingIfNeeded: sector &>> 16))
    outb(Self.command, command)
  }

  /// Halts until the device has interrupted, and reads its status, which takes the interrupt back.
  @inline(__always)
  func waitForInterrupt() {
    var now: UInt8
    repeat {
      guest_enable_and_halt()
      now = inb(Self.status)
    } while now & Self.busy != 0
    check(now)
  }

  /// Polls the alternate status until the device takes data: the first of a write, which no interrupt announces.
  @inline(__always)
  func waitForDataRequest() {
    var now: UInt8
    repeat { now = inb(Self.control) } while now & (Self.busy | Self.dataRequest) == Self.busy
    check(now)
  }

  @inline(__always)
  private func check(_ status: UInt8) {
    if status & (Self.error | Self.deviceFault) != 0 {
      fail("the IDE disk did not perform a command", SORTIE_EXIT_CHECK_FAILED)
    }
  }

  /// Reads a sector's 256 words.
  @inline(__always)
  func readSector(_ words: UnsafeMutableRawPointer) {
    rep_insw(Self.data, words, UInt64(SORTIE_IO_SECTOR_BYTES / 2))
  }

  /// Writes a sector's 256 words.
  @inline(__always)
  func writeSector(_ words: UnsafeMutableRawPointer) {
    rep_outsw(Self.data, words, UInt64(SORTIE_IO_SECTOR_BYTES / 2))
  }
}
