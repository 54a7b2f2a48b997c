/// How far a look at the kernel's buffers came that makes no trace.
public struct LiveDrain: Sendable {
  /// All events before this have been handed over, host TSC.
  public internal(set) var end: UInt64
  /// How full the fullest CPU's buffer was, 1 for full.
  public internal(set) var fullness = 0.0
  /// Sub-buffers read.
  var pages = 0

  init(end: UInt64 = .max) { self.end = end }

  /// Takes in how far it came on another CPU.
  mutating func add(_ other: LiveDrain) {
    end = min(end, other.end)
    fullness = max(fullness, other.fullness)
    pages += other.pages
  }
}
