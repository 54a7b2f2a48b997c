import Glibc
import SortieDevices

/// A guest of 64 KiB in memory of its own, which an input fills from address 0: a queue of eight entries in the first
/// 256 bytes, whatever the descriptors point to behind it.
final class FuzzedRings {
  static let byteCount = 1 << 16

  let memory: GuestRAM

  /// - Parameter bytes: the first 32 are kept for ``mutate(_:)``.
  init(_ bytes: UnsafeRawBufferPointer) {
    let base = UnsafeMutableRawPointer.allocate(byteCount: Self.byteCount, alignment: 4096)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: Self.byteCount)
    memory = GuestRAM(base: base, lowBytes: UInt64(Self.byteCount))
    UnsafeMutableRawBufferPointer(start: base, count: Self.byteCount)
      .copyBytes(from: bytes.dropFirst(32).prefix(Self.byteCount))
  }

  deinit { memory.base.deallocate() }

  /// The queue, if the device takes it.
  func queue(features: VirtioFeatures) -> Virtqueue {
    let setup = VirtioQueueSetup(index: 0, size: 8, descriptors: 0, available: 0x80, used: 0xa0, kick: -1)
    guard let queue = try? Virtqueue(setup, maximumSize: 8, features: features, memory: memory) else {
      fatalError("the rings are right")
    }
    return queue
  }

  /// Hands every chain to `body` with the number of those before it, until there are no more or one is a fault.
  ///
  /// Between two of them the guest changes two bytes of its rings, as the input's first 32 bytes say.
  func serve(
    _ bytes: UnsafeRawBufferPointer, features: VirtioFeatures,
    _ body: (_ chain: inout DescriptorChain) throws(VirtioFault) -> UInt32
  ) {
    let queue = queue(features: features)
    var chain = DescriptorChain(capacity: 16)
    var count = 0
    do throws(VirtioFault) {
      while try queue.pop(into: &chain) {
        check(chain)
        queue.push(chain.id, written: try body(&chain))
        _ = queue.needsInterrupt()
        if count < 16 { mutate(bytes[2 * count], bytes[2 * count + 1]) }
        count += 1
        // Eight at first, and eight more after each change.
        precondition(count <= 8 * 17, "chains without end")
      }
      let isMore = try queue.enableKicks()
      precondition(!isMore, "it was empty a moment ago")
    } catch {
      precondition(!"\(error)".isEmpty)
    }
  }

  private func mutate(_ index: UInt8, _ value: UInt8) {
    memory.base.storeBytes(of: value, toByteOffset: Int(index), as: UInt8.self)
  }

  /// Every segment has bytes, and all of them lie in the guest.
  func check(_ chain: borrowing DescriptorChain) {
    var readable = 0
    var writable = 0
    for segment in chain.readableSegments { readable += check(segment.iov_base, segment.iov_len) }
    for segment in chain.writableSegments { writable += check(segment.iov_base, segment.iov_len) }
    precondition(readable == chain.readableByteCount && writable == chain.writableByteCount)
    precondition(readable + writable > 0, "a chain of nothing")
  }

  private func check(_ start: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    guard let start, count > 0 else { fatalError("an empty segment") }
    precondition(start >= memory.base && start + count <= memory.base + Self.byteCount, "outside the guest")
    return count
  }
}
