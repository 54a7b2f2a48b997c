/// xoshiro256**, seeded through SplitMix64 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021):
/// the same seed gives the same verdict on every host.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  /// The generator of `seed`.
  public init(seed: UInt64) {
    var expansion = SplitMix64(state: seed)
    state = (expansion.next(), expansion.next(), expansion.next(), expansion.next())
  }

  /// A generator in a given state, not all zero, as the published test vectors have it.
  init(state: (UInt64, UInt64, UInt64, UInt64)) { self.state = state }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    let result = Self.rotate(state.1 &* 5, by: 7) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = Self.rotate(state.3, by: 45)
    return result
  }

  /// An index below `count`, which is at least 1. Lemire's multiplication without the rejection: for counts far below
  /// 2^32 its bias is far below what any resampling could show, and resampling spends its time here.
  @inline(__always)
  public mutating func index(below count: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(count)).high)
  }

  /// One of two sides, each as likely.
  public mutating func coin() -> Bool { next() & 1 == 0 }

  /// `values` in random order (Durstenfeld, Algorithm 235, 1964). The standard library's own shuffle may take another
  /// order from the same seed in its next version.
  public mutating func shuffled<Value>(_ values: [Value]) -> [Value] {
    var values = values
    for last in values.indices.dropFirst().reversed() { values.swapAt(last, index(below: last + 1)) }
    return values
  }

  private static func rotate(_ value: UInt64, by count: UInt64) -> UInt64 {
    value << count | value >> (64 - count)
  }
}

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), which turns any seed into good initial states.
struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}
