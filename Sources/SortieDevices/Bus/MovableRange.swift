import Synchronization

/// A range that the guest moves while the machine runs, such as what a PCI base address register decodes: the
/// device and the number of addresses are fixed when the bus is built, the start is one atomic word. So a
/// lookup takes no lock and sees each range either where it was or where it is.
///
/// The range answers where it overlaps a window of its space (``BusBuilder/addWindow(_:in:named:)``). Where
/// two overlap each other, the one that was added first answers.
public final class MovableRange: Sendable {
  // No window holds this address: it is above the last of either space.
  private static let nowhere = UInt64.max

  /// Number of the device, an index into ``Bus/devices``.
  public let device: UInt16
  /// The space the range lies in.
  public let space: AddressSpace
  /// Addresses in the range.
  public let size: UInt64

  private let location = Atomic<UInt64>(nowhere)

  init(device: UInt16, space: AddressSpace, size: UInt64) {
    self.device = device
    self.space = space
    self.size = size
  }

  /// Moves the range to `start`; nil takes it off the bus.
  public func move(to start: UInt64?) { location.store(start ?? Self.nowhere, ordering: .releasing) }

  /// Where the range starts, or an address above all others when it is off the bus.
  var start: UInt64 { location.load(ordering: .acquiring) }
}

/// The movable ranges of one space, in the order in which they were added. Looking up does not count
/// references.
struct MovableRanges: @unchecked Sendable {
  // Written in `init` and never again.
  private let references: UnsafeMutableBufferPointer<Unmanaged<MovableRange>>

  init(_ ranges: [MovableRange]) {
    references = .allocate(capacity: ranges.count)
    _ = references.initialize(from: ranges.map { Unmanaged.passRetained($0) })
  }

  /// Whoever holds the ranges calls it once, at its own end.
  func deallocate() {
    for reference in references { reference.release() }
    references.deallocate()
  }

  /// The first range that holds `address`, which lies in a window that ends at `end`. Its room ends with the
  /// window and where a range that was added earlier begins.
  func lookup(_ address: UInt64, before end: UInt64) -> Bus.Slot? {
    var limit = end
    for reference in references {
      let found: Bus.Slot? = reference._withUnsafeGuaranteedRef { range in
        let start = range.start
        guard start <= address else {
          limit = min(limit, start)
          return nil
        }
        let offset = address - start
        guard offset < range.size else { return nil }
        return Bus.Slot(device: range.device, offset: offset, room: min(range.size - offset, limit - address))
      }
      if let found { return found }
    }
    return nil
  }
}
