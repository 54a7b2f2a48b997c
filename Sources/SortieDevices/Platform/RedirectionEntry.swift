/// An entry of the I/O APIC's redirection table (82093AA data sheet, section 3.2.4).
struct RedirectionEntry: BitwiseCopyable, Equatable, Sendable {
  private static let remoteIRRBit: UInt64 = 1 << 14
  private static let triggerBit: UInt64 = 1 << 15
  private static let maskBit: UInt64 = 1 << 16
  // Vector, delivery and destination mode, polarity, trigger, mask; delivery status and remote IRR are read-only.
  private static let writableLow: UInt64 = 0x1_afff
  private static let writableHigh: UInt64 = 0xff00_0000

  /// The entry after a reset: masked.
  var bits = maskBit

  var vector: UInt8 { UInt8(truncatingIfNeeded: bits) }
  var isMasked: Bool { bits & Self.maskBit != 0 }

  /// The interrupt is held until its end is reported. Of the delivery modes only fixed and lowest priority can be; the
  /// others are edges whatever their trigger mode says.
  var isLevel: Bool { bits & Self.triggerBit != 0 && bits >> 8 & 0b110 == 0 }

  /// A local APIC has accepted a level triggered interrupt and not ended it.
  var remoteIRR: Bool {
    get { bits & Self.remoteIRRBit != 0 }
    set { bits = newValue ? bits | Self.remoteIRRBit : bits & ~Self.remoteIRRBit }
  }

  /// What the entry makes its pin send (Intel SDM volume 3, section 11.11).
  var message: MSIMessage {
    let destination = bits >> 56
    let isLogical = bits >> 11 & 1
    let modeAndVector = UInt32(truncatingIfNeeded: bits & 0x7ff)
    // A level triggered message asserts: there is none for the other edge.
    let level: UInt32 = isLevel ? 1 << 15 | 1 << 14 : 0
    return MSIMessage(
      address: 0xfee0_0000 | destination << 12 | isLogical << 2, data: modeAndVector | level)
  }

  mutating func writeLow(_ value: UInt32) {
    bits = bits & ~Self.writableLow | UInt64(value) & Self.writableLow
    // An edge has no end; Linux ends interrupts of version 0x11 by this.
    if !isLevel { remoteIRR = false }
  }

  mutating func writeHigh(_ value: UInt32) {
    bits = bits & 0xffff_ffff | (UInt64(value) & Self.writableHigh) << 32
  }
}
