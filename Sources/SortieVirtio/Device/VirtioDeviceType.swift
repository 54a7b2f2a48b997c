/// Device IDs (Virtual I/O Device Version 1.2, section 5).
public enum VirtioDeviceType: UInt16, Sendable {
  /// Network card.
  case network = 1
  /// Block device.
  case block = 2
  /// Console.
  case console = 3
  /// Entropy source.
  case entropy = 4
  /// Memory balloon.
  case balloon = 5
}
