/// The input pin of an interrupt controller that a device drives.
///
/// A device calls it with its own lock held, so that levels arrive in the order in which they came about, and only
/// when the level changes. An implementation must neither call the device back nor block.
public protocol InterruptLine: AnyObject, Sendable {
  /// Drives the line to `level`; true is asserted.
  func set(level: Bool)
}
