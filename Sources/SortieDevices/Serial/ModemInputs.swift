/// The four modem control inputs of a UART, with the values that they have in the upper half of the modem status
/// register (PC16550D data sheet, section 8.9).
public struct ModemInputs: OptionSet, BitwiseCopyable, Sendable {
  /// The bits as in the modem status register.
  public let rawValue: UInt8

  /// Inputs from their bits; the lower four are ignored.
  public init(rawValue: UInt8) { self.rawValue = rawValue & 0xf0 }

  /// CTS: the far end takes data.
  public static let clearToSend = ModemInputs(rawValue: 1 << 4)
  /// DSR: the far end is there.
  public static let dataSetReady = ModemInputs(rawValue: 1 << 5)
  /// RI: the telephone rings.
  public static let ringIndicator = ModemInputs(rawValue: 1 << 6)
  /// DCD: there is a carrier.
  public static let carrierDetect = ModemInputs(rawValue: 1 << 7)
}
