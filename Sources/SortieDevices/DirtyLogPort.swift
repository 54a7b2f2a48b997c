/// KVM's record of the pages that the guest wrote.
public protocol DirtyLog: AnyObject, Sendable {
  /// Starts the log anew and gives the number of pages that were in it; nil where KVM refuses. Does not allocate.
  func take() -> UInt32?
}

/// A port through which the guest has its dirty log taken: a 4-byte read gives the number of pages in it. Other reads,
/// and one that KVM refuses, give all ones.
public final class DirtyLogPort: Device {
  /// What reports call the device.
  public let name: String
  private let log: any DirtyLog

  /// A port for `log`.
  public init(name: String, log: any DirtyLog) {
    self.name = name
    self.log = log
  }

  /// Takes the log.
  public func read(offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    let pages = offset == 0 && bytes.count == 4 ? log.take() ?? .max : .max
    for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: pages >> (8 * UInt32(index & 3))) }
  }

  /// Nothing to write. No effect.
  public func write(offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect { .none }
}
