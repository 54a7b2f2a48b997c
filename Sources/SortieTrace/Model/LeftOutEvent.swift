/// What filters of the recorder left out of one thread: an event of the recorder's own among those of the kernel. FORMAT.md,
/// section 12.
public enum LeftOutEvent {
  /// Its number in the trace: above all that a kernel gives (`common_type` has 16 bits).
  public static let number: UInt64 = 1 << 16
  /// Its name.
  public static let name = "sortie/left_out"

  /// What the table of events says of it.
  public static let format = EventFormatRow(
    event: number, name: name,
    format: "previous: stamp since which, number: stamp up to which events of the thread are left out; "
      + "count: so many of them; info1: operations they made")
}
