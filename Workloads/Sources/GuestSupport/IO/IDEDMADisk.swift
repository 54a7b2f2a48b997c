import CGuest
import GuestABI

/// An IDE disk by bus-master DMA (*Programming Interface for Bus Master IDE Controller*, revision 1.0): the controller moves
/// the data, and the device interrupts once for the operation.
public struct IDEDMADisk: Disk {
  /// Registers of the primary channel (section 2).
  private enum Register {
    static let command: UInt16 = 0
    static let status: UInt16 = 2
    static let table: UInt16 = 4
  }

  private static let start: UInt8 = 1 << 0
  private static let toMemory: UInt8 = 1 << 3
  private static let active: UInt8 = 1 << 0
  private static let error: UInt8 = 1 << 1
  private static let interrupt: UInt8 = 1 << 2

  private let channel = IDEChannel()
  private let ports: UInt16
  /// Regions of memory: two words each, an address, and a count whose highest bit marks the last (section 1.2).
  private let table: UnsafeMutablePointer<UInt32>

  /// The machine's first, on the controller of a PIIX3.
  public init(_ memory: inout IOMemory) {
    let function = PCIFunction(vendor: 0x8086, device: 0x7010)
    function.enable()
    ports = function.ports(4)
    table = memory.take(UInt32.self, count: 4)
  }

  /// See ``Disk/transfer(_:count:)``; one after the other, each by the steps of section 3.1.
  @inline(__always)
  public func transfer(_ operations: UnsafeMutablePointer<DiskOperation>, count: UInt64) {
    for index in 0..<Int(count) {
      let operation = operations[index]
      let direction = operation.isWrite ? 0 : Self.toMemory
      fillTable(operation)
      outl(ports &+ Register.table, UInt32(truncatingIfNeeded: physical(table)))
      outb(ports &+ Register.command, direction)
      outb(ports &+ Register.status, Self.interrupt | Self.error)
      channel.begin(operation.isWrite ? IDEChannel.Command.writeDMA : IDEChannel.Command.readDMA, operation)
      outb(ports &+ Register.command, direction | Self.start)
      channel.waitForInterrupt()
      let status = inb(ports &+ Register.status)
      outb(ports &+ Register.command, direction)
      if status & (Self.active | Self.error | Self.interrupt) != Self.interrupt {
        fail("the IDE controller did not move all data", SORTIE_EXIT_CHECK_FAILED)
      }
    }
  }

  /// A region does not cross a multiple of 64 KiB, which a count of 0 is.
  @inline(__always)
  private func fillTable(_ operation: DiskOperation) {
    let address = UInt32(truncatingIfNeeded: physical(operation.data))
    let count = UInt32(truncatingIfNeeded: operation.sectors) &* SORTIE_IO_SECTOR_BYTES
    let room = 0x1_0000 &- address & 0xffff
    let last: UInt32 = 1 &<< 31
    table[0] = address
    table[1] = min(count, room) & 0xffff | (count <= room ? last : 0)
    table[2] = address &+ room
    table[3] = (count &- room) & 0xffff | last
  }
}
