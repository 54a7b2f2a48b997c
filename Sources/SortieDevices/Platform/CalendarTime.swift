/// A moment in the proleptic Gregorian calendar, to a second. Its fields may be out of range, as a guest may set them:
/// 31 February is 3 March then.
struct CalendarTime: BitwiseCopyable, Equatable, Sendable {
  static let secondsPerDay: Int64 = 86_400
  /// Whole centuries of a clock with four digits.
  private static let years: Int64 = 10_000

  var year: Int64
  var month: Int64
  var day: Int64
  var hour: Int64
  var minute: Int64
  var second: Int64

  /// Seconds since 1970; at most a few centuries from the years 0 to 9999 for fields of a byte each.
  var secondsSince1970: Int64 {
    // Years begin in March, so that the leap day is the last of a year.
    let months = year * 12 + month - 3
    let marchYear = months.flooredQuotient(12)
    let dayOfYear = (153 * (months - marchYear * 12) + 2) / 5 + day - 1
    let leapDays =
      marchYear.flooredQuotient(4) - marchYear.flooredQuotient(100) + marchYear.flooredQuotient(400)
    // From 1 March of year 0 to 1 January 1970.
    let days = marchYear * 365 + leapDays + dayOfYear - 719_468
    return ((days * 24 + hour) * 60 + minute) * 60 + second
  }
}

extension CalendarTime {
  /// The day, counted from 1 January 1970, of a moment.
  static func day(of seconds: Int64) -> Int64 { seconds.flooredQuotient(secondsPerDay) }

  /// The moment `seconds` after 1970, in a year from 0 to 9999: a clock of four digits wraps.
  init(secondsSince1970 seconds: Int64) {
    let days = Self.day(of: seconds)
    let secondOfDay = seconds - days * Self.secondsPerDay
    // Cycles of 400 years, of 146,097 days, from 1 March of year 0.
    let shifted = days + 719_468
    let cycle = shifted.flooredQuotient(146_097)
    let dayOfCycle = shifted - cycle * 146_097
    let yearOfCycle = (dayOfCycle - dayOfCycle / 1_460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
    let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let marchYear = yearOfCycle + cycle * 400
    let whole = marchMonth < 10 ? marchYear : marchYear + 1
    year = whole - whole.flooredQuotient(Self.years) * Self.years
    month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    hour = secondOfDay / 3_600
    minute = secondOfDay / 60 % 60
    second = secondOfDay % 60
  }
}

extension Int64 {
  /// The quotient rounded down; `divisor` is positive.
  fileprivate func flooredQuotient(_ divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }
}
