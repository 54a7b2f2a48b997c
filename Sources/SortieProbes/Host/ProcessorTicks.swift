/// What the processors of a host did since it booted, in ticks of its accounting: the `cpu` line of `/proc/stat` (proc(5)).
struct ProcessorTicks {
  /// All ticks.
  let total: UInt64
  /// Those in which nothing ran, waiting for a disk included.
  let idle: UInt64
  /// Those that the hypervisor below took.
  let steal: UInt64

  /// The ticks that the text of `/proc/stat` states; nil where it states none.
  init?(_ text: String) {
    guard let line = text.split(separator: "\n").first, line.hasPrefix("cpu ") else { return nil }
    let ticks = line.split(separator: " ").dropFirst().compactMap { UInt64($0) }
    // user nice system idle iowait irq softirq steal; guest time behind them is part of user time.
    guard ticks.count >= 8 else { return nil }
    total = ticks.prefix(8).reduce(0) { $0 &+ $1 }
    idle = ticks[3] &+ ticks[4]
    steal = ticks[7]
  }

  private init(total: UInt64, idle: UInt64, steal: UInt64) {
    (self.total, self.idle, self.steal) = (total, idle, steal)
  }

  /// The ticks between `earlier` and these.
  func since(_ earlier: Self) -> Self {
    Self(total: total &- earlier.total, idle: idle &- earlier.idle, steal: steal &- earlier.steal)
  }

  /// The share stolen, 0 to 1; nil of no ticks.
  var stealShare: Double? { share(steal) }
  /// The share in which something ran, stolen time included; nil of no ticks.
  var busyShare: Double? { share(idle).map { 1 - $0 } }

  private func share(_ part: UInt64) -> Double? { total > 0 ? min(Double(part) / Double(total), 1) : nil }
}
