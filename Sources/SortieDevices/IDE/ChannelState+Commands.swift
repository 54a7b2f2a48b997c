/// Commands of the host (ATA/ATAPI-6, chapter 8).
extension ChannelState {
  /// The host has written the command register of devices that are not busy. A DRQ block that it has not moved to its end
  /// is given up.
  mutating func execute(_ code: UInt8) {
    let command = ATACommand(code: code)
    guard command != .diagnose else { return diagnose() }
    let index = selected
    guard var drive = drives[index], drive.power != .asleep else { return }
    drive.begin()
    drives[index] = drive
    // The interrupt of the command before ends with it, also where this one makes the next at once: the line is edge
    // triggered.
    updateLine()
    turn = .nobody
    owner = index
    let isDone: Bool
    switch command {
    case .transfer(let kind, let isExtended, let isMultiple):
      return begin(kind, isExtended: isExtended, isMultiple: isMultiple)
    case .identify:
      return offerIdentifyData()
    case .flush:
      isFlushing = true
      return handToDisk()
    case .setFeatures: isDone = drive.settings.set(feature: drive.file.features, drive.file.count)
    case .setMultiple: isDone = drive.settings.setMultiple(drive.file.count)
    case .power(let mode):
      drive.power = mode
      isDone = true
    case .checkPower:
      drive.file.count = drive.power.rawValue
      isDone = true
    case .obsolete: isDone = true
    case .diagnose, nil: isDone = false
    }
    if !isDone { drive.fail(ATAError.aborted) }
    drives[index] = drive
    interrupt()
  }

  /// EXECUTE DEVICE DIAGNOSTIC (section 8.11): device 0 speaks for both.
  private mutating func diagnose() {
    turn = .nobody
    owner = 0
    resetDrives()
    updateLine()
    interrupt()
  }

  private mutating func begin(_ kind: Transfer.Kind, isExtended: Bool, isMultiple: Bool) {
    guard let drive = drives[owner] else { return }
    // Cylinders, heads and sectors are obsolete since ATA/ATAPI-6.
    guard drive.file.hasLBA, !isMultiple || drive.settings.multiple > 0, !(kind.isWrite && drive.isReadOnly)
    else { return fail(ATAError.aborted) }
    let address = drive.file.address(isExtended: isExtended)
    let count = drive.file.sectorCount(isExtended: isExtended)
    transfer = Transfer(
      kind, isExtended: isExtended, blockSectors: isMultiple ? Int(drive.settings.multiple) : 1,
      next: address, count: count)
    guard address < drive.sectorCount, UInt64(count) <= drive.sectorCount - address else {
      return fail(ATAError.notFound, at: max(address, drive.sectorCount))
    }
    drives[owner]?.power = .active
    isFlushing = false
    switch kind {
    case .pioIn, .dmaIn, .verify: handToDisk()
    case .pioOut:
      transfer.open(sectors: transfer.jobSectors)
      offerBlock()
    case .dmaOut:
      transfer.open(sectors: transfer.jobSectors)
      handToDisk()
    }
  }
}
