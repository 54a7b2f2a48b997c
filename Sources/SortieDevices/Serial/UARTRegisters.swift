/// Register numbers and bits of the PC16550D (data sheet, section 8 and table II).
enum UARTRegister {
  /// Receiver buffer, transmitter holding register; divisor latch, low, with ``UARTBits/divisorLatchAccess``.
  static let data: UInt8 = 0
  /// Interrupt enable; divisor latch, high, with ``UARTBits/divisorLatchAccess``.
  static let interruptEnable: UInt8 = 1
  /// Read: interrupt identification.
  static let interruptIdentification: UInt8 = 2
  /// Write: FIFO control.
  static let fifoControl: UInt8 = 2
  static let lineControl: UInt8 = 3
  static let modemControl: UInt8 = 4
  static let lineStatus: UInt8 = 5
  static let modemStatus: UInt8 = 6
  static let scratch: UInt8 = 7
}

/// Bits of the registers, named after what they say.
enum UARTBits {
  // Interrupt enable, section 8.7.
  static let enableReceivedData: UInt8 = 1 << 0
  static let enableTransmitterEmpty: UInt8 = 1 << 1
  static let enableLineStatus: UInt8 = 1 << 2
  static let enableModemStatus: UInt8 = 1 << 3
  static let enableMask: UInt8 = 0x0f

  // Interrupt identification, section 8.6 and table IV.
  static let noInterrupt: UInt8 = 0x01
  static let modemStatusInterrupt: UInt8 = 0x00
  static let transmitterEmptyInterrupt: UInt8 = 0x02
  static let receivedDataInterrupt: UInt8 = 0x04
  static let lineStatusInterrupt: UInt8 = 0x06
  static let characterTimeoutInterrupt: UInt8 = 0x0c
  static let fifosEnabled: UInt8 = 0xc0

  // FIFO control, section 8.5.
  static let fifoEnable: UInt8 = 1 << 0
  static let receiverReset: UInt8 = 1 << 1
  static let transmitterReset: UInt8 = 1 << 2
  static let triggerShift: UInt8 = 6

  // Line control, section 8.1.
  static let divisorLatchAccess: UInt8 = 1 << 7

  // Modem control, section 8.8.
  static let dataTerminalReady: UInt8 = 1 << 0
  static let requestToSend: UInt8 = 1 << 1
  static let out1: UInt8 = 1 << 2
  static let out2: UInt8 = 1 << 3
  static let loopback: UInt8 = 1 << 4
  static let modemControlMask: UInt8 = 0x1f

  // Line status, section 8.4.
  static let dataReady: UInt8 = 1 << 0
  static let overrun: UInt8 = 1 << 1
  static let breakReceived: UInt8 = 1 << 4
  static let transmitterHoldingEmpty: UInt8 = 1 << 5
  static let transmitterEmpty: UInt8 = 1 << 6
  static let errorInFIFO: UInt8 = 1 << 7

  // Modem status, section 8.9.
  static let trailingEdgeOfRing: UInt8 = 1 << 2
}
