import SortieAnalysis

/// Cycles as ns, to a tenth; nil where the TSC frequency is unknown.
func nanoseconds(_ cycles: UInt64, _ kilohertz: UInt64?) -> Double? {
  guard let kilohertz, kilohertz > 0 else { return nil }
  return (Double(cycles) * 1e7 / Double(kilohertz)).rounded() / 10
}

/// Cycles as s, cut off after the ns; nil where the TSC frequency is unknown.
func secondsText(_ cycles: UInt64, _ kilohertz: UInt64?) -> String? {
  guard let kilohertz, kilohertz > 0 else { return nil }
  let product = cycles.multipliedFullWidth(by: 1_000_000)
  guard product.high < kilohertz else { return nil }
  let nanoseconds = kilohertz.dividingFullWidth(product).quotient
  let fraction = String(nanoseconds % 1_000_000_000)
  return "\(nanoseconds / 1_000_000_000)." + String(repeating: "0", count: 9 - fraction.count) + fraction
}

/// A number with `digits` decimals; what does not fit an integer is written as Swift writes it.
func fixed(_ value: Double, _ digits: Int) -> String {
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  guard value.isFinite, abs(value) * scale < 1e18 else { return "\(value)" }
  let scaled = UInt64((abs(value) * scale).rounded())
  let sign = value < 0 && scaled > 0 ? "-" : ""
  guard digits > 0 else { return sign + grouped(scaled) }
  let fraction = String(scaled % UInt64(scale))
  return sign + grouped(scaled / UInt64(scale)) + "." + String(repeating: "0", count: digits - fraction.count)
    + fraction
}

/// A number and what it counts, in the plural unless it is one.
func counted(_ count: UInt64, _ noun: String) -> String {
  "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")"
}

/// A whole number in at most seven characters: `123,456`, `12.3 M`, `4.56 G`.
func compact(_ value: UInt64) -> String {
  guard value >= 1_000_000 else { return grouped(value) }
  return significant(Double(value), units: ["", " k", " M", " G", " T", " P", " E"], step: 1000)
}

/// A duration in ns in its natural unit, three significant digits: `332 ns`, `19.6 µs`, `1.24 s`, `106,751 d`.
func duration(_ nanoseconds: Double) -> String {
  if nanoseconds >= 1e14 { return fixed(nanoseconds / 86_400e9, 0) + " d" }
  return significant(nanoseconds, units: [" ns", " µs", " ms", " s"], step: 1000)
}

/// A mean or a rate, rounded, in at most seven characters; `-` where it is unknown or no such number.
func approximate(_ value: Double?) -> String {
  guard let value, value >= 0, value < 1e18 else { return "-" }
  return compact(UInt64(value.rounded()))
}

/// A part of one as a percentage, two decimals under ten percent.
func percent(_ share: Double) -> String { fixed(share * 100, share * 100 >= 9.995 ? 1 : 2) }

private func significant(_ value: Double, units: [String], step: Double) -> String {
  var scaled = value
  var unit = 0
  while unit + 1 < units.count, scaled >= step * 0.9995 {
    scaled /= step
    unit += 1
  }
  let digits =
    scaled >= 99.95 || value < 10 && unit == 0 && value == value.rounded() ? 0 : scaled >= 9.995 ? 1 : 2
  return fixed(scaled, digits) + units[unit]
}
