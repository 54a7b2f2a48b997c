import CGuest
import GuestABI

/// An IDE disk by programmed I/O (ATA/ATAPI-6, sections 9.5 and 9.6): the processor moves each word, and the device
/// interrupts for each sector.
public struct IDEPIODisk: Disk {
  private let channel = IDEChannel()

  /// The machine's first.
  public init() {}

  /// See ``Disk/transfer(_:count:)``; one after the other.
  @inline(__always)
  public func transfer(_ operations: UnsafeMutablePointer<DiskOperation>, count: UInt64) {
    for index in 0..<Int(count) {
      if operations[index].isWrite { write(operations[index]) } else { read(operations[index]) }
    }
  }

  @inline(__always)
  private func read(_ operation: DiskOperation) {
    channel.begin(IDEChannel.Command.readSectors, operation)
    var sector = UnsafeMutableRawPointer(operation.data)
    for _ in 0..<operation.sectors {
      channel.waitForInterrupt()
      channel.readSector(sector)
      sector += Int(SORTIE_IO_SECTOR_BYTES)
    }
  }

  @inline(__always)
  private func write(_ operation: DiskOperation) {
    channel.begin(IDEChannel.Command.writeSectors, operation)
    channel.waitForDataRequest()
    var sector = UnsafeMutableRawPointer(operation.data)
    for _ in 0..<operation.sectors {
      channel.writeSector(sector)
      sector += Int(SORTIE_IO_SECTOR_BYTES)
      channel.waitForInterrupt()
    }
  }
}
