/// The registers of one IDE channel: those of its two devices, of which one is selected, and those of its bus master.
/// The caller serialises, and does not allocate.
///
/// A command is worked on in turns, so that nobody waits for the disk with the lock held: whose turn it is has the
/// buffer. While it is not the host's, the devices are busy, and only a software reset is heard; it waits for the job
/// that the disk is at.
struct ChannelState: Sendable {
  /// Who is to move next.
  enum Turn: BitwiseCopyable, Sendable {
    /// The host, with a command.
    case nobody
    /// The host, through the data port: DRQ.
    case host
    /// The I/O thread is to look what there is to do.
    case disk
    /// The I/O thread is at it.
    case working
    /// The host is to start the bus master, which has not moved all of the buffer.
    case busMaster
  }

  /// Offset of the device control and alternate status register behind the command block.
  static let controlRegister: UInt8 = 8
  static let registerCount: UInt64 = 9
  /// What a cable without a device reads: the host pulls down DD7, which would say that somebody is busy.
  private static let floating: UInt8 = 0x7f

  var drives: InlineArray<2, ATADrive?>
  let identifyData: [IdentifyData?]
  var turn = Turn.nobody
  /// The device that is at a command, and what is left of it.
  var owner = 0
  var transfer = Transfer(.verify, isExtended: false, next: 0, count: 0)
  /// The job is a flush and no part of the transfer.
  var isFlushing = false
  var busMaster: BusMaster
  let buffer: TransferBuffer

  private(set) var selected = 0
  private var control: UInt8 = 0
  private var isResetting = false
  private let line: any InterruptLine
  private var lineLevel = false
  private var mustWake = false

  init(_ first: IDEDisk?, _ second: IDEDisk?, buffer: TransferBuffer, line: any InterruptLine) {
    drives = [first.map { ATADrive($0.backend) }, second.map { ATADrive($0.backend) }]
    identifyData = [
      first.map { IdentifyData($0, isSecond: false) }, second.map { IdentifyData($0, isSecond: true) },
    ]
    busMaster = BusMaster(hasFirst: first != nil, hasSecond: second != nil)
    self.buffer = buffer
    self.line = line
  }

  // MARK: Registers

  /// A register but the data port.
  mutating func read(_ register: UInt8) -> UInt8 {
    switch register {
    case ATARegister.command:
      let status = status
      drives[selected]?.isInterrupting = false
      updateLine()
      return status
    case Self.controlRegister:
      return status
    default:
      // Device 0 answers for a device 1 that is not there (section 9.16.1).
      guard let drive = drives[selected] ?? drives[0] else { return Self.floating }
      guard register != ATARegister.features else { return drive.error }
      return drive.file.read(register, highOrder: control & ATAControl.highOrderByte != 0)
    }
  }

  private var status: UInt8 {
    guard let drive = drives[selected] else {
      return drives[0] == nil ? Self.floating : 0
    }
    guard !isBusy else { return ATAStatus.busy }
    return drive.status | (isTransferring ? ATAStatus.dataRequest : 0)
  }

  private var isBusy: Bool { isResetting || (turn != .nobody && turn != .host) }

  /// Whether the data port moves bytes.
  private var isTransferring: Bool { turn == .host && owner == selected && !isResetting }

  /// A register but the data port.
  mutating func write(_ register: UInt8, _ value: UInt8) {
    guard register != Self.controlRegister else { return writeControl(value) }
    // What is written to a busy device is lost (section 7.2).
    guard !isBusy else { return }
    control &= ~ATAControl.highOrderByte
    guard register != ATARegister.command else {
      execute(value)
      updateLine()
      return
    }
    // Both devices listen.
    drives[0]?.file.write(register, value)
    drives[1]?.file.write(register, value)
    if register == ATARegister.device {
      selected = TaskFile.selectsSecond(value) ? 1 : 0
      updateLine()
    }
  }

  // MARK: Device control and reset

  private mutating func writeControl(_ value: UInt8) {
    let wasReset = control & ATAControl.softwareReset != 0
    control = value
    if value & ATAControl.softwareReset != 0 {
      if !wasReset { beginReset() }
    } else {
      finishReset()
    }
    updateLine()
  }

  private mutating func beginReset() {
    isResetting = true
    if turn != .working { turn = .nobody }
    drives[0]?.isInterrupting = false
    drives[1]?.isInterrupting = false
  }

  /// The devices come back when the host has let go of them and the disk has done its job (section 9.2).
  private mutating func finishReset() {
    guard isResetting, control & ATAControl.softwareReset == 0, turn != .working else { return }
    isResetting = false
    resetDrives()
  }

  mutating func resetDrives() {
    selected = 0
    drives[0]?.reset()
    drives[1]?.reset()
  }

  // MARK: Interrupts

  /// The device that is at a command asks for an interrupt.
  mutating func interrupt() { drives[owner]?.isInterrupting = true }

  /// The selected device drives the line (section 5.2.9).
  mutating func updateLine() {
    let enabled = control & ATAControl.interruptDisable == 0
    let level = enabled && drives[selected]?.isInterrupting == true
    guard level != lineLevel else { return }
    lineLevel = level
    if level { busMaster.noteInterrupt() }
    line.set(level: level)
  }

  // MARK: The data port

  /// Moves the next bytes of the DRQ block from the buffer; all ones where there is none.
  mutating func readData(into bytes: UnsafeMutableRawBufferPointer) {
    let done = moveData(bytes.count, isWrite: false) { part, done in
      UnsafeMutableRawBufferPointer(rebasing: bytes[done..<done + part.count])
        .copyMemory(from: UnsafeRawBufferPointer(part))
    }
    for index in done..<bytes.count { bytes[index] = 0xff }
  }

  /// Moves the next bytes of the DRQ block to the buffer; what comes when there is none is lost.
  mutating func writeData(from bytes: UnsafeRawBufferPointer) {
    _ = moveData(bytes.count, isWrite: true) { part, done in
      part.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[done..<done + part.count]))
    }
  }

  @inline(__always)
  private mutating func moveData(
    _ count: Int, isWrite: Bool, _ move: (UnsafeMutableRawBufferPointer, Int) -> Void
  ) -> Int {
    var done = 0
    while done < count, isTransferring, transfer.kind.isWrite == isWrite {
      let part = transfer.blockRange.prefix(count - done)
      move(buffer[part], done)
      done += part.count
      transfer.move(part.count)
      if transfer.blockRange.isEmpty { endBlock() }
    }
    if done > 0 { updateLine() }
    return done
  }

  // MARK: The bus master

  mutating func writeBusMaster(_ register: UInt8, _ value: UInt8) {
    busMaster.write(register, value)
    if turn == .busMaster, busMaster.isActive { handToDisk() }
  }

  // MARK: The I/O thread

  /// The I/O thread is to look what there is to do.
  mutating func handToDisk() {
    turn = .disk
    mustWake = true
  }

  /// Whether the I/O thread must be woken, which is then no longer so.
  mutating func takeWake() -> Bool {
    defer { mustWake = false }
    return mustWake
  }

  /// The disk has done `job`.
  mutating func finish(_ job: DiskJob, sectors: Int, error: BlockError?) {
    turn = .nobody
    if isResetting {
      finishReset()
    } else {
      conclude(job, sectors: sectors, error: error)
    }
    updateLine()
  }
}
