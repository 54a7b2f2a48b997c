import ArgumentParser

/// A time on the command line: `10s`, `500ms`, `2m`, `1h`, or a number of seconds.
struct TimeSpan: ExpressibleByArgument, CustomStringConvertible {
  let seconds: Double
  /// As it was written.
  let description: String

  /// `10s`: a default.
  init(seconds: Int) {
    self.seconds = Double(seconds)
    description = "\(seconds)s"
  }

  init?(argument: String) {
    description = argument
    let digits = argument.prefix { $0.isNumber || $0 == "." }
    guard let number = Double(digits), number > 0, number.isFinite else { return nil }
    switch argument.dropFirst(digits.count) {
    case "", "s": seconds = number
    case "ms": seconds = number / 1000
    case "m", "min": seconds = number * 60
    case "h": seconds = number * 3600
    default: return nil
    }
  }
}
