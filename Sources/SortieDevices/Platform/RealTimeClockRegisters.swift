/// Indices of the MC146818A (data sheet, figure 12); the alarm has the byte behind each of the first three.
enum RealTimeClockRegister {
  static let seconds: UInt8 = 0x0
  static let secondsAlarm: UInt8 = 0x1
  static let minutes: UInt8 = 0x2
  static let minutesAlarm: UInt8 = 0x3
  static let hours: UInt8 = 0x4
  static let hoursAlarm: UInt8 = 0x5
  static let dayOfWeek: UInt8 = 0x6
  static let dayOfMonth: UInt8 = 0x7
  static let month: UInt8 = 0x8
  static let year: UInt8 = 0x9
  static let a: UInt8 = 0xa
  static let b: UInt8 = 0xb
  static let c: UInt8 = 0xc
  static let d: UInt8 = 0xd
}

/// Bits of the registers A to D.
enum RealTimeClockBits {
  // A.
  static let updateInProgress: UInt8 = 1 << 7
  static let dividerMask: UInt8 = 0x70
  /// The divider for the quartz of a PC, 32.768 kHz.
  static let dividerRuns: UInt8 = 0x20
  static let rateMask: UInt8 = 0x0f
  /// 1024 Hz, as firmware leaves it.
  static let usualRate: UInt8 = 0x06

  // B; the interrupts' enables are at the bits of their flags in C.
  static let set: UInt8 = 1 << 7
  static let binary: UInt8 = 1 << 2
  static let hours24: UInt8 = 1 << 1

  // C.
  static let interruptRequest: UInt8 = 1 << 7
  static let periodic: UInt8 = 1 << 6
  static let alarm: UInt8 = 1 << 5
  static let updateEnded: UInt8 = 1 << 4
  static let interrupts = periodic | alarm | updateEnded

  // D.
  static let validRAMAndTime: UInt8 = 1 << 7

  // An alarm byte with both bits set matches any time.
  static let anyTime: UInt8 = 0xc0
}
