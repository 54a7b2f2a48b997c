import Glibc
public import SortieDevices

/// Guest RAM between pages that no one may touch: an access outside it ends the test.
public final class TestRAM: @unchecked Sendable {
  /// The RAM as a device sees it.
  public let ram: GuestRAM
  /// Bytes from address 0.
  public let lowBytes: Int
  private let mapping: UnsafeMutableRawPointer
  private let mappedBytes: Int

  private static let page = 4096

  /// `lowBytes` from address 0 and `highBytes` from 4 GiB, multiples of the page size, all zero.
  public init(lowBytes: Int, highBytes: Int = 0) {
    self.lowBytes = lowBytes
    mappedBytes = lowBytes + highBytes + 2 * Self.page
    let mapping = mmap(nil, mappedBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let mapping, mapping != MAP_FAILED else { fatalError("mmap: errno \(errno)") }
    let base = mapping + Self.page
    guard
      mmap(base, lowBytes + highBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0)
        == base
    else { fatalError("mmap: errno \(errno)") }
    self.mapping = mapping
    ram = GuestRAM(base: base, lowBytes: UInt64(lowBytes), highBytes: UInt64(highBytes))
  }

  deinit {
    munmap(mapping, mappedBytes)
  }

  /// Writes a value at a guest physical address, which a test knows to be RAM.
  public func store<T: BitwiseCopyable>(_ value: T, at address: UInt64) {
    bytes(at: address, count: MemoryLayout<T>.size).storeBytes(of: value, as: T.self)
  }

  /// Reads a value at a guest physical address, which a test knows to be RAM.
  public func load<T: BitwiseCopyable>(_ type: T.Type, at address: UInt64) -> T {
    bytes(at: address, count: MemoryLayout<T>.size).loadUnaligned(as: T.self)
  }

  /// Writes bytes at a guest physical address, which a test knows to be RAM.
  public func store(_ bytes: [UInt8], at address: UInt64) {
    self.bytes(at: address, count: bytes.count).copyBytes(from: bytes)
  }

  /// Reads bytes at a guest physical address, which a test knows to be RAM.
  public func load(count: Int, at address: UInt64) -> [UInt8] { Array(bytes(at: address, count: count)) }

  private func bytes(at address: UInt64, count: Int) -> UnsafeMutableRawBufferPointer {
    guard let bytes = ram.bytes(at: address, count: UInt64(count)) else {
      fatalError("\(address) is not RAM")
    }
    return bytes
  }
}
