internal import GuestABI
internal import SortieDevices
internal import SortieKVM

/// The devices of the machine of bare-metal guests and where `guest_abi.h` says they are.
enum Board {
  /// What every board has: a UART that talks to `console`, and with a port for `dirtyLog` if there is one. UART and edge
  /// register drive inputs of `lines`, whose I/O APIC is on the board where it is this program's.
  ///
  /// - Throws: ``MachineError/bus(_:)``.
  static func devices(
    console: any SerialBackend, lines: InterruptLines, dirtyLog: (any DirtyLog)?
  ) throws(MachineError) -> BusBuilder {
    do {
      var builder = BusBuilder()
      let uart = UART16550(name: "uart0", line: lines.line(Self.uartGSI), backend: console)
      let port = UInt64(SORTIE_PORT_UART)
      try builder.add(uart, at: port..<(port + 8), in: .port)
      let latch = LatchRegister(name: "latch", byteCount: Int(Self.latchBytes))
      try builder.add(latch, at: Self.ports(SORTIE_PORT_LATCH), in: .port)
      let page = LatchRegister(name: "latch-page", byteCount: Int(Self.latchBytes))
      let latchPage = UInt64(SORTIE_MMIO_LATCH_GPA)
      try builder.add(page, at: latchPage..<(latchPage + Self.latchBytes), in: .memory)
      try builder.add(StringPort(name: "string"), at: Self.ports(SORTIE_PORT_STRING), in: .port)
      let coalesced = LatchRegister(name: "coalesced", byteCount: Int(Self.page))
      try builder.add(coalesced, at: Self.ports(SORTIE_PORT_COALESCED), in: .port)
      let zone = UInt64(SORTIE_MMIO_COALESCED_GPA)
      try builder.add(coalesced, at: zone..<(zone + Self.page), in: .memory)
      if let dirtyLog {
        let port = DirtyLogPort(name: "dirty-log", log: dirtyLog)
        try builder.add(port, at: Self.ports(SORTIE_PORT_DIRTY_LOG), in: .port)
      }
      let edge = EdgeRegister(name: "irq-line", line: lines.line(SORTIE_IRQ_LINE_GSI))
      try builder.add(edge, at: Self.ports(SORTIE_PORT_IRQ_LINE), in: .port)
      try builder.add(DebugExit(), at: Self.ports(SORTIE_PORT_DEBUG_EXIT), in: .port)
      if let ioapic = lines.ioapic {
        try builder.add(ioapic, at: PCLayout.ioapic..<PCLayout.ioapic + IOAPIC.registerBytes, in: .memory)
      }
      return builder
    } catch {
      throw .bus(error)
    }
  }

  /// IRQ of the first serial port of a PC.
  private static let uartGSI: UInt32 = 4
  private static let page: UInt64 = 4096
  /// The MMIO latch is two pages, so that an access can cross from one to the other.
  private static let latchBytes: UInt64 = 2 * page

  private static func ports(_ first: UInt32) -> Range<UInt64> { UInt64(first)..<UInt64(first) + 4 }
}
