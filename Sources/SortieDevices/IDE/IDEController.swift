/// The IDE function of the 82371SB, PIIX3, with up to four disks: two channels in compatibility mode, at the ports and
/// interrupts of a PC/AT, each with a bus master.
///
/// Sources: Intel, *82371FB (PIIX) and 82371SB (PIIX3) PCI ISA IDE Xcelerator*, 290550, function 1; *Programming
/// Interface for Bus Master IDE Controller*, revision 1.0, May 1994; for the disks *AT Attachment with Packet Interface -
/// 6* (ATA/ATAPI-6), T13/1410D revision 3b.
///
/// What the disks are asked for is done on an I/O thread. The fixed ports answer as after firmware has set the function
/// up, whatever its command register says; the bus masters need its port and bus master bits.
public final class IDEController: PCIFunction {
  /// What reports call the function.
  public let name: String
  /// Header and timing registers; base address register 4 is the bus masters.
  public let registers: PCIRegisters

  let primary: IDEChannel
  let secondary: IDEChannel

  private static let busMasterBAR = 4

  /// A controller with its disks, after reset.
  ///
  /// - Parameters:
  ///   - disks: primary master, primary slave, secondary master, secondary slave; nil, and what is missing, is none.
  ///   - thread: where the disks work; others may share it.
  ///   - primaryLine: IRQ 14, edge triggered.
  ///   - secondaryLine: IRQ 15, edge triggered.
  /// - Throws: ``HostError`` when the host has no descriptor left.
  public init(
    name: String, disks: [IDEDisk?], memory: GuestRAM, thread: IOThread, primaryLine: any InterruptLine,
    secondaryLine: any InterruptLine
  ) throws(HostError) {
    precondition(disks.count <= 4, "four disks fit on two cables")
    self.name = name
    let registers = PCIRegisters(
      PCIIdentity(vendor: 0x8086, device: 0x7010, classCode: 0x01_0180),
      bars: [PCIBAR(Self.busMasterBAR, .ports, size: 2 * BusMaster.portCount, name: "\(name)-bus-master")],
      configure: IDETiming.configure)
    self.registers = registers
    let disk = { (position: Int) in disks.indices.contains(position) ? disks[position] : nil }
    primary = try IDEChannel(
      name: "\(name)-primary", disk(0), disk(1), line: primaryLine, memory: memory, function: registers,
      thread: thread)
    secondary = try IDEChannel(
      name: "\(name)-secondary", disk(2), disk(3), line: secondaryLine, memory: memory, function: registers,
      thread: thread)
    do throws(HostError) {
      try primary.begin()
      try secondary.begin()
    } catch {
      stop()
      throw error
    }
  }

  /// Claims the fixed ports, of each channel the command block as one device and the control register as another.
  ///
  /// - Throws: ``BusError`` when one is claimed already.
  public func addPorts(to builder: inout BusBuilder) throws(BusError) {
    // Compatibility mode (PCI IDE Controller Specification, revision 1.0).
    try Self.add(primary, commandBlock: 0x1f0, control: 0x3f6, to: &builder)
    try Self.add(secondary, commandBlock: 0x170, control: 0x376, to: &builder)
  }

  private static func add(
    _ channel: IDEChannel, commandBlock: UInt64, control: UInt64, to builder: inout BusBuilder
  ) throws(BusError) {
    try builder.add(channel, at: commandBlock..<commandBlock + IDEChannel.commandBlockCount, in: .port)
    try builder.add(
      DeviceWindow(channel, at: IDEChannel.controlOffset), at: control..<control + 1, in: .port)
  }

  /// The bus masters' ports, a byte each.
  public func readBAR(_ bar: Int, offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    ByteRegisters.read(offset: offset, into: bytes, count: 2 * BusMaster.portCount) { port in
      let register = port % UInt8(BusMaster.portCount)
      return port == register ? primary.readBusMaster(register) : secondary.readBusMaster(register)
    }
  }

  /// The bus masters' ports, a byte each. No effect on the machine.
  public func writeBAR(_ bar: Int, offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect {
    ByteRegisters.write(offset: offset, from: bytes, count: 2 * BusMaster.portCount) { port, value in
      let register = port % UInt8(BusMaster.portCount)
      if port == register {
        primary.writeBusMaster(register, value)
      } else {
        secondary.writeBusMaster(register, value)
      }
      return .none
    }
  }

  /// Writes configuration space. What takes bus mastering away waits for what is under way.
  public func writeConfiguration(offset: Int, from bytes: UnsafeRawBufferPointer) {
    let wasMaster = registers.isBusMaster
    registers.write(offset: offset, from: bytes)
    guard wasMaster, !registers.isBusMaster else { return }
    primary.settle()
    secondary.settle()
  }

  /// The machine ends: when this returns nothing here touches guest memory, a disk or an interrupt line. The vCPUs have
  /// ended before, and the thread has not.
  public func stop() {
    primary.stop()
    secondary.stop()
  }
}

/// The timing registers (290550, IDETIM and SIDETIM). They are kept for the driver: this cable knows no time.
private enum IDETiming {
  private static let primary = 0x40
  private static let secondary = 0x42
  private static let slaves = 0x44
  /// Whether the channel answers at its ports, which here it always does: drivers look.
  private static let decode: UInt16 = 1 << 15
  private static let writable: UInt16 = 0x73ff

  static func configure(_ space: inout ConfigurationSpace) {
    for offset in [primary, secondary] {
      space.set(decode, at: offset)
      space.allowWriting(writable, at: offset)
    }
    space.allowWriting(UInt8.max, at: slaves)
  }
}
