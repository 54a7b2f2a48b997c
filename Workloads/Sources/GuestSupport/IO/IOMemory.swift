public import GuestABI

/// The memory of a guest that does I/O, given out from its start (`io_gpa` of `guest_abi.h`). It holds zeroes.
public struct IOMemory {
  private var next: UInt64
  private let end: UInt64

  /// All of it; a machine that gives this guest no plan ends the run.
  init(_ info: sortie_boot_info) {
    if info.io_bytes == 0 { fail("this machine has no I/O plan for its guest", SORTIE_EXIT_UNSUPPORTED) }
    next = info.io_gpa
    end = info.io_gpa &+ info.io_bytes
  }

  /// Room for `count` elements, at a multiple of `alignment` bytes, a power of two.
  public mutating func take<T>(
    _ type: T.Type, count: UInt64, alignment: UInt64 = 16
  ) -> UnsafeMutablePointer<T> {
    let start = (next &+ alignment &- 1) & ~(alignment &- 1)
    next = start &+ count &* UInt64(MemoryLayout<T>.stride)
    guard next <= end, let room = UnsafeMutablePointer<T>(bitPattern: UInt(start)) else {
      fail("the machine has no memory for this I/O", SORTIE_EXIT_UNSUPPORTED)
    }
    return room
  }
}

/// The address at which a device finds what the guest has at `pointer`: memory is mapped one to one.
func physical<T>(_ pointer: UnsafeMutablePointer<T>) -> UInt64 { UInt64(UInt(bitPattern: pointer)) }
