/// The registers and pins of an I/O APIC and what happens to them. The caller serialises.
struct IOAPICState: Sendable {
  // Indices (82093AA data sheet, section 3.2).
  private static let identification: UInt8 = 0x00
  private static let version: UInt8 = 0x01
  private static let arbitration: UInt8 = 0x02
  private static let table: UInt8 = 0x10

  private static let identificationMask: UInt32 = 0x0f00_0000
  /// Version 0x20, which has an EOI register, and the number of the last entry.
  private static let versionValue = UInt32(IOAPIC.pinCount - 1) << 16 | 0x20

  private struct Pin: BitwiseCopyable {
    var entry = RedirectionEntry()
    /// Lines that assert it.
    var asserted: UInt32 = 0
  }

  private let sink: any IOAPICSink
  private var pins = InlineArray<24, Pin>(repeating: Pin())
  private var id: UInt32 = 0
  var index: UInt8 = 0

  init(sink: any IOAPICSink) { self.sink = sink }

  // MARK: Registers

  /// The pin whose entry the index selects, and whether it is the entry's upper half.
  private var selected: (pin: Int, isHigh: Bool)? {
    guard index >= Self.table, (Int(index) - Int(Self.table)) / 2 < IOAPIC.pinCount else { return nil }
    return ((Int(index) - Int(Self.table)) / 2, index & 1 != 0)
  }

  func readWindow() -> UInt32 {
    switch index {
    case Self.identification, Self.arbitration: return id
    case Self.version: return Self.versionValue
    default:
      guard let selected else { return .max }
      let bits = pins[selected.pin].entry.bits
      return UInt32(truncatingIfNeeded: selected.isHigh ? bits >> 32 : bits)
    }
  }

  mutating func writeWindow(_ value: UInt32) {
    if index == Self.identification { id = value & Self.identificationMask }
    guard let selected else { return }
    let old = pins[selected.pin].entry
    if selected.isHigh {
      pins[selected.pin].entry.writeHigh(value)
    } else {
      pins[selected.pin].entry.writeLow(value)
    }
    changed(selected.pin, from: old)
    interruptIfHigh(selected.pin)
  }

  // MARK: Pins

  mutating func drive(pin: Int, level: Bool) {
    let wasAsserted = pins[pin].asserted > 0
    pins[pin].asserted = level ? pins[pin].asserted &+ 1 : pins[pin].asserted &- 1
    guard level, !wasAsserted else { return }
    if pins[pin].entry.isLevel {
      interruptIfHigh(pin)
    } else if !pins[pin].entry.isMasked {
      // An edge at a masked pin is lost (section 3.2.4, bit 16).
      sink.deliver(pins[pin].entry.message)
    }
  }

  mutating func endOfInterrupt(vector: UInt8) {
    for pin in 0..<IOAPIC.pinCount {
      let old = pins[pin].entry
      guard old.remoteIRR, old.vector == vector else { continue }
      pins[pin].entry.remoteIRR = false
      changed(pin, from: old)
      interruptIfHigh(pin)
    }
  }

  /// Sends the interrupt of a level triggered pin that is asserted, unless one is under way.
  private mutating func interruptIfHigh(_ pin: Int) {
    let entry = pins[pin].entry
    guard entry.isLevel, !entry.isMasked, !entry.remoteIRR, pins[pin].asserted > 0 else { return }
    pins[pin].entry.remoteIRR = true
    sink.deliver(entry.message)
  }

  /// Tells the sink what is new for it of the entry of `pin`.
  private func changed(_ pin: Int, from old: RedirectionEntry) {
    let entry = pins[pin].entry
    let route = route(of: entry)
    guard route != self.route(of: old) else { return }
    sink.routesChanged(pin: pin, message: route, isLevel: entry.isLevel)
  }

  /// A masked pin sends nothing, but the end of what it has sent must still be reported.
  private func route(of entry: RedirectionEntry) -> MSIMessage? {
    entry.isMasked && !entry.remoteIRR ? nil : entry.message
  }
}
