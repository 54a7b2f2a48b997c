import SortieAnalysis

extension StampUnit {
  /// As figures are headed: `cycles` or `ns`.
  var noun: String { rawValue }
}

extension Analysis {
  /// The frequency of the host's TSC, kHz, where that is what stamps count.
  var tscFrequency: UInt64? { unit == .cycles ? tscKilohertz : nil }
}
