import Synchronization

/// A register whose every write makes an edge on an interrupt line: up, and down again. It holds nothing: reads are all
/// ones.
public final class EdgeRegister: Device {
  /// What reports call the device.
  public let name: String

  // Held while the line is driven, so that each edge is whole.
  private let line: Mutex<any InterruptLine>

  /// A register that drives `line`, which is down.
  public init(name: String, line: any InterruptLine) {
    self.name = name
    self.line = Mutex(line)
  }

  /// All ones.
  public func read(offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    for index in bytes.indices { bytes[index] = 0xff }
  }

  /// One edge, whatever is written and where. No effect.
  public func write(offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect {
    line.withLock {
      $0.set(level: true)
      $0.set(level: false)
    }
    return .none
  }
}
