import Synchronization

/// A register page that remembers: every byte reads as it was last written, zero before that.
public final class LatchRegister: Device {
  /// What reports call the device.
  public let name: String
  /// Bytes that the latch holds; what lies beyond reads as all ones and is not written.
  public let byteCount: Int

  // Only touched with the lock held.
  private nonisolated(unsafe) let storage: UnsafeMutableRawPointer
  private let lock = Mutex<Void>(())

  /// A latch of `byteCount` bytes, all zero; a negative count is taken as 0.
  public init(name: String, byteCount: Int) {
    self.name = name
    self.byteCount = max(byteCount, 0)
    storage = .allocate(byteCount: self.byteCount, alignment: 8)
    storage.initializeMemory(as: UInt8.self, repeating: 0, count: self.byteCount)
  }

  deinit { storage.deallocate() }

  /// The bytes last written there.
  public func read(offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    let held = heldBytes(offset, bytes.count)
    if held > 0, let destination = bytes.baseAddress {
      lock.withLock { _ in
        destination.copyMemory(from: storage + Int(offset), byteCount: held)
      }
    }
    for index in held..<bytes.count { bytes[index] = 0xff }
  }

  /// Remembers the bytes. No effect.
  public func write(offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect {
    let held = heldBytes(offset, bytes.count)
    if held > 0, let source = bytes.baseAddress {
      lock.withLock { _ in
        (storage + Int(offset)).copyMemory(from: source, byteCount: held)
      }
    }
    return .none
  }

  private func heldBytes(_ offset: UInt64, _ count: Int) -> Int {
    guard offset < UInt64(byteCount) else { return 0 }
    return min(count, byteCount - Int(offset))
  }
}
