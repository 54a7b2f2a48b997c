public import CGuest

/// A split virtqueue as its driver uses it (Virtual I/O Device Version 1.2, section 2.7).
public struct Virtqueue {
  /// The descriptor table.
  public let descriptors: UnsafeMutablePointer<virtq_descriptor>
  let available: UnsafeMutablePointer<virtq_ring>
  let used: UnsafeMutablePointer<virtq_ring>
  private let heads: UnsafeMutablePointer<UInt16>
  private let mask: UInt16
  private let number: UInt16
  private let doorbell: UInt64

  /// Rings of `size` entries, for the queue `number` that is kicked at `doorbell`.
  init(_ number: UInt16, size: UInt16, doorbell: UInt64, _ memory: inout IOMemory) {
    let count = UInt64(size)
    descriptors = memory.take(virtq_descriptor.self, count: count)
    // A ring's head takes four bytes.
    available = memory.take(virtq_ring.self, count: 1 &+ (2 &* count &+ 3) / 4)
    used = memory.take(virtq_ring.self, count: 1 &+ 2 &* count)
    heads = UnsafeMutableRawPointer(available + 1).assumingMemoryBound(to: UInt16.self)
    mask = size &- 1
    self.number = number
    self.doorbell = doorbell
  }

  /// Puts the chain that begins at descriptor `head` into the available ring, `position` chains behind those of earlier
  /// batches. The device sees it with the next kick.
  @inline(__always)
  public func offer(_ head: UInt16, at position: UInt16) {
    heads[Int((available.pointee.index &+ position) & mask)] = head
  }

  /// Makes `count` offered chains available and kicks the device, unless it says that it looks by itself (section 2.7.10).
  @inline(__always)
  public func submit(_ count: UInt16) {
    compiler_barrier()
    available.pointee.index &+= count
    memory_fence()
    if used.pointee.flags & 1 == 0 { mmio_write16(doorbell, number) }
  }

  /// The head of the chain that the device gave back when ``returned`` was `count`.
  @inline(__always)
  public func head(_ count: UInt16) -> UInt16 {
    let elements = UnsafeMutableRawPointer(used + 1).assumingMemoryBound(to: virtq_used.self)
    return UInt16(truncatingIfNeeded: elements[Int(count & mask)].head)
  }

  /// Tells the device that nobody waits for its interrupts (section 2.7.7).
  func suppressInterrupts() { available.pointee.flags = 1 }

  /// How many chains the device has given back, modulo 2^16.
  @inline(__always)
  public var returned: UInt16 {
    compiler_barrier()
    return used.pointee.index
  }

  /// Halts until the device has given back so many chains, as ``returned`` counts them. Its interrupt may have come
  /// before; it is still pending then.
  @inline(__always)
  public func wait(until count: UInt16) {
    repeat {
      guest_enable_and_halt()
    } while returned != count
  }

  /// Returns when the device has given back so many chains, or more, and halts only until then.
  @inline(__always)
  public func wait(forAtLeast count: UInt16) {
    while Int16(bitPattern: returned &- count) < 0 { guest_enable_and_halt() }
  }
}
