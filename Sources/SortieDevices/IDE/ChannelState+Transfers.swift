/// How sectors go between disk, buffer and host (ATA/ATAPI-6, sections 9.5 to 9.7).
extension ChannelState {
  // MARK: The host's turn

  /// The next DRQ block.
  mutating func offerBlock() {
    transfer.openBlock()
    turn = .host
  }

  /// The data of IDENTIFY DEVICE.
  mutating func offerIdentifyData() {
    guard let drive = drives[owner] else { return }
    identifyData[owner]?.write(drive.settings, into: buffer[0..<IdentifyData.byteCount])
    transfer = Transfer(.pioIn, isExtended: false, next: 0, count: 0)
    transfer.open(sectors: 1)
    offerBlock()
    interrupt()
  }

  /// The host has moved a DRQ block. What follows at once, with an interrupt, is in the buffer; else the disk must move.
  mutating func endBlock() {
    if !transfer.range.isEmpty {
      offerBlock()
      interrupt()
    } else if transfer.left > 0 {
      handToDisk()
    } else {
      // The end of data that the host has read makes no interrupt.
      turn = .nobody
    }
  }

  // MARK: The disk's turn

  /// What the disk is to do now, if it is its turn; moves what the bus master can move.
  ///
  /// - Parameter isMaster: whether the function may master the bus.
  mutating func nextJob(_ memory: GuestRAM, isMaster: Bool) -> DiskJob? {
    guard turn == .disk else { return nil }
    defer { updateLine() }
    guard !isFlushing else {
      turn = .working
      return DiskJob(kind: .flush, drive: owner)
    }
    if transfer.kind == .dmaIn || transfer.kind == .dmaOut, !transfer.range.isEmpty {
      let moved = busMaster.move(
        buffer[transfer.range], toMemory: transfer.kind == .dmaIn, memory, isMaster: isMaster)
      transfer.move(moved)
      guard transfer.range.isEmpty else {
        turn = .busMaster
        return nil
      }
    }
    guard transfer.left > 0 else {
      complete()
      return nil
    }
    turn = .working
    let count = transfer.jobSectors
    let hasWriteCache = drives[owner]?.settings.hasWriteCache ?? true
    // Only the end of a command says that it is durable.
    let isDurable = !hasWriteCache && count == transfer.left
    return DiskJob(
      kind: transfer.kind.isWrite ? .write(isDurable: isDurable) : .read, drive: owner, sector: transfer.next,
      count: count)
  }

  /// The disk has done a job of the transfer, or a flush.
  mutating func conclude(_ job: DiskJob, sectors: Int, error: BlockError?) {
    if case .flush = job.kind {
      isFlushing = false
      return error == nil ? complete() : fail(ATAError.aborted)
    }
    // A DRQ block with a sector that cannot be read is not begun.
    let whole = error == nil || transfer.kind != .pioIn ? sectors : sectors - sectors % transfer.blockSectors
    guard error == nil || whole > 0 && transfer.kind != .pioOut && transfer.kind != .dmaOut else {
      let bits = transfer.kind.isWrite ? ATAError.aborted : ATAError.uncorrectable
      return fail(bits, at: transfer.next + UInt64(sectors))
    }
    transfer.advance(sectors: whole)
    switch transfer.kind {
    case .pioIn:
      transfer.open(sectors: whole)
      offerBlock()
      interrupt()
    case .dmaIn:
      // Whatever follows a sector that cannot be read, the disk meets it again behind these.
      transfer.open(sectors: whole)
      turn = .disk
    case .verify:
      turn = .disk
    case .pioOut where transfer.left > 0:
      transfer.open(sectors: transfer.jobSectors)
      offerBlock()
      interrupt()
    case .dmaOut where transfer.left > 0:
      transfer.open(sectors: transfer.jobSectors)
      turn = .disk
    case .pioOut, .dmaOut:
      complete()
    }
  }

  // MARK: The end

  /// The command is done.
  mutating func complete() {
    turn = .nobody
    interrupt()
  }

  /// The command has failed; where, if it was about one sector.
  mutating func fail(_ bits: UInt8, at sector: UInt64? = nil) {
    turn = .nobody
    drives[owner]?.fail(bits)
    if let sector { drives[owner]?.file.setAddress(sector, isExtended: transfer.isExtended) }
    interrupt()
  }
}
