/// Prints a figure as `Tests/Benchmarks/run` reads it: name, value and unit, with tabs between them.
func figure(_ name: String, _ value: String, _ unit: String) {
  print("\(name)\t\(value)\t\(unit)")
}

/// Prints a figure with so many digits behind the point.
func figure(_ name: String, _ value: Double, digits: Int, _ unit: String) {
  figure(name, rounded(value, digits), unit)
}

/// `value` with exactly so many digits behind the point.
func rounded(_ value: Double, _ digits: Int) -> String {
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let scaled = Int64((value * scale).rounded())
  guard digits > 0 else { return "\(scaled)" }
  let fraction = "\(scaled.magnitude % UInt64(scale))"
  let zeros = String(repeating: "0", count: digits - fraction.utf8.count)
  return "\(scaled < 0 ? "-" : "")\(scaled.magnitude / UInt64(scale)).\(zeros)\(fraction)"
}
