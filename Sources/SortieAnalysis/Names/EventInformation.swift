/// An interrupt or exception as both vendors put it in 32 bits: `EXITINTINFO` and `EVENTINJ` (AMD APM volume 2, sections
/// 15.7.2 and 15.20), interruption information (Intel SDM volume 3, sections 25.8.3 and 25.9.2).
struct EventInformation: Hashable, Sendable {
  /// The field as it is.
  let bits: UInt32

  /// The event in a field; nil where its valid bit is not set.
  init?(_ bits: UInt64) {
    let bits = UInt32(truncatingIfNeeded: bits)
    guard bits & 1 << 31 != 0 else { return nil }
    self.bits = bits
  }

  /// Its vector.
  var vector: UInt8 { UInt8(truncatingIfNeeded: bits) }
  /// 0 external interrupt, 2 NMI, 3 exception, 4 software interrupt, 5 `INT1`, 6 `INT3` or `INTO`, 7 other event.
  var type: UInt8 { UInt8(bits >> 8 & 7) }
  /// An error code was or will be pushed.
  var hasErrorCode: Bool { bits & 1 << 11 != 0 }

  /// An exception of the processor's, by an instruction made for it or not.
  var isException: Bool { [3, 5, 6].contains(type) }

  /// `interrupt 0xec`, `NMI`, `#UD`, `int 0x80`.
  var text: String {
    let number = hexadecimal(UInt64(vector))
    switch type {
    case 0: return "interrupt \(number)"
    case 2: return "NMI"
    case 3, 5, 6: return ExceptionVector.text(of: vector)
    case 4: return "int \(number)"
    default: return "event of type \(type), vector \(number)"
    }
  }
}
