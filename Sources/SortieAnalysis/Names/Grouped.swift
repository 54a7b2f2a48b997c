/// A whole number with commas between thousands.
package func grouped(_ value: UInt64) -> String {
  let digits = String(value)
  var text = ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { text += "," }
    text.append(digit)
  }
  return text
}
