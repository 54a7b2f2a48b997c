extension UnsafeBufferPointer<RoundTripRecord> {
  /// The least and the greatest stamp taken, or nil where there is none.
  var stampRange: ClosedRange<UInt64>? {
    var least = UInt64.max
    var greatest: UInt64 = 0
    for record in self {
      for stamp in [record.u0, record.d0, record.d1, record.u1] where stamp != 0 {
        least = Swift.min(least, stamp)
        greatest = Swift.max(greatest, stamp)
      }
    }
    return least <= greatest ? least...greatest : nil
  }
}

extension UnsafeBufferPointer<GuestSpanRecord> {
  /// The least and the greatest stamp, or nil where there is no record.
  var stampRange: ClosedRange<UInt64>? {
    var least = UInt64.max
    var greatest: UInt64 = 0
    for record in self {
      least = Swift.min(least, record.g0, record.g1)
      greatest = Swift.max(greatest, record.g0, record.g1)
    }
    return least <= greatest ? least...greatest : nil
  }
}
