/// One operation as the guest stamped it: `lfence; rdtsc` before and after the instruction under study.
///
/// The layout is that of `struct sortie_stamp` in the guest ABI. Guest TSC cycles.
public struct GuestSpanRecord: BitwiseCopyable, Sendable, Equatable {
  /// Before the instruction.
  public var g0: UInt64
  /// After it.
  public var g1: UInt64

  /// A span from its two stamps, guest TSC cycles.
  public init(g0: UInt64, g1: UInt64) {
    self.g0 = g0
    self.g1 = g1
  }
}
