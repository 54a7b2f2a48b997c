/// A view of guest RAM for threads that outlive no machine: the machine owns the mapping and joins them first.
struct GuestMemoryView: @unchecked Sendable {
  private let base: UnsafeRawPointer
  private let byteCount: UInt64

  init(_ memory: borrowing GuestMemory) {
    base = UnsafeRawPointer(memory.base)
    byteCount = memory.byteCount
  }

  /// Three bytes at guest physical address `address`; nil when they are not all RAM.
  func threeBytes(at address: UInt64) -> (UInt8, UInt8, UInt8)? {
    guard byteCount >= 3, address <= byteCount - 3 else { return nil }
    let start = base + Int(address)
    return (
      start.load(as: UInt8.self), start.load(fromByteOffset: 1, as: UInt8.self),
      start.load(fromByteOffset: 2, as: UInt8.self)
    )
  }
}
