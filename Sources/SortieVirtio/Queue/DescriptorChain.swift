public import Glibc

/// The buffers of one request: first those that the device reads, then those that it writes, as the host sees them.
///
/// ``Virtqueue/pop(into:)`` fills it; its storage is allocated once and serves one request after the other. All of the
/// segments lie in guest memory, which the guest changes at any time and where buffers may overlap. How a driver cuts
/// a request into buffers means nothing (Virtual I/O Device Version 1.2, section 2.7.4), so headers are taken off with
/// ``read(into:)`` and ``removeLastWritable()`` wherever their bytes lie.
public struct DescriptorChain: ~Copyable, @unchecked Sendable {
  private let storage: UnsafeMutableBufferPointer<iovec>
  private var readable = 0..<0
  private var writable = 0..<0

  /// What names the chain in the used ring.
  public internal(set) var id: UInt16 = 0
  /// Bytes that the device may still read.
  public private(set) var readableByteCount = 0
  /// Bytes that the device may still write.
  public private(set) var writableByteCount = 0

  /// Storage for chains of up to `capacity` buffers: the device's limit of the queue's size.
  public init(capacity: UInt16) {
    storage = .allocate(capacity: Int(capacity))
  }

  deinit {
    storage.deallocate()
  }

  /// Most buffers of a chain.
  public var capacity: Int { storage.count }

  /// What is left to read, ready for pwritev(2). Valid until the chain is changed or popped into again.
  public var readableSegments: UnsafeBufferPointer<iovec> { UnsafeBufferPointer(rebasing: storage[readable]) }

  /// What is left to write, ready for preadv(2). Valid until the chain is changed or popped into again.
  public var writableSegments: UnsafeBufferPointer<iovec> { UnsafeBufferPointer(rebasing: storage[writable]) }

  /// Copies the first bytes to read, as many as there are and `bytes` has room for, and takes them off.
  ///
  /// - Returns: how many.
  @discardableResult
  public mutating func read(into bytes: UnsafeMutableRawBufferPointer) -> Int {
    let done = Self.walk(&readable, in: storage, count: bytes.count) { segment, offset in
      UnsafeMutableRawBufferPointer(rebasing: bytes[offset...]).copyMemory(
        from: UnsafeRawBufferPointer(segment))
    }
    readableByteCount -= done
    return done
  }

  /// Takes the first `count` bytes to read off, or what there are.
  mutating func removeFirstReadable(_ count: Int) {
    readableByteCount -= Self.walk(&readable, in: storage, count: count) { _, _ in }
  }

  /// Copies `bytes`, or what there is room for, to the first bytes to write, and takes these off.
  ///
  /// - Returns: how many.
  @discardableResult
  public mutating func write(_ bytes: UnsafeRawBufferPointer) -> Int {
    let done = Self.walk(&writable, in: storage, count: bytes.count) { segment, offset in
      segment.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + segment.count]))
    }
    writableByteCount -= done
    return done
  }

  /// Takes the last byte to write off the others, and says where it lies; nil if there is none.
  public mutating func removeLastWritable() -> UnsafeMutablePointer<UInt8>? {
    guard let last = writable.last, let base = storage[last].iov_base else { return nil }
    storage[last].iov_len -= 1
    writableByteCount -= 1
    let byte = base + storage[last].iov_len
    if storage[last].iov_len == 0 { writable = writable.lowerBound..<last }
    return byte.assumingMemoryBound(to: UInt8.self)
  }

  /// Gives `body` the first `count` bytes of the segments, a part at a time with its offset, and takes them off.
  private static func walk(
    _ range: inout Range<Int>, in storage: UnsafeMutableBufferPointer<iovec>, count: Int,
    _ body: (_ segment: UnsafeMutableRawBufferPointer, _ offset: Int) -> Void
  ) -> Int {
    var done = 0
    while done < count, let first = range.first {
      let part = min(storage[first].iov_len, count - done)
      body(UnsafeMutableRawBufferPointer(start: storage[first].iov_base, count: part), done)
      done += part
      if part == storage[first].iov_len {
        range = first + 1..<range.upperBound
      } else {
        storage[first].iov_base += part
        storage[first].iov_len -= part
      }
    }
    return done
  }

  // MARK: Filling

  var isFull: Bool { writable.upperBound == storage.count }
  var hasWritable: Bool { !writable.isEmpty }

  mutating func removeAll() {
    readable = 0..<0
    writable = 0..<0
    readableByteCount = 0
    writableByteCount = 0
  }

  /// Adds a buffer behind the others. The caller has asked ``isFull`` and puts no readable one behind a writable one.
  mutating func append(_ bytes: UnsafeMutableRawBufferPointer, isWritable: Bool) {
    let end = writable.upperBound
    storage[end] = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
    writable = (isWritable ? writable.lowerBound : end + 1)..<end + 1
    if isWritable {
      writableByteCount += bytes.count
    } else {
      readable = 0..<end + 1
      readableByteCount += bytes.count
    }
  }
}
