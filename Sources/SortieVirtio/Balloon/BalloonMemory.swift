internal import Glibc
internal import SortieDevices

/// Gives pages of guest memory back to the host. The guest names them, so each is checked.
struct BalloonMemory: Sendable {
  /// A page of a balloon has 4096 bytes whatever the guest's own have (Virtual I/O Device Version 1.2, section 5.5).
  static let pageShift: UInt64 = 12

  let memory: GuestRAM

  /// Pages of RAM.
  var pageCount: UInt64 { (memory.lowBytes + memory.highBytes) >> Self.pageShift }

  /// Frees the pages whose numbers, 32 bits each, `chain` holds (section 5.5.6).
  ///
  /// - Throws: ``VirtioFault/request(queue:problem:)`` for what is no list of pages of RAM, none more often than there are
  ///   pages at all; ``VirtioFault/backend(_:)`` when the host does not free them.
  func release(_ chain: inout DescriptorChain, queue: Int) throws(VirtioFault) {
    let (count, rest) = chain.readableByteCount.quotientAndRemainder(dividingBy: MemoryLayout<UInt32>.size)
    guard rest == 0, count <= pageCount else {
      throw .request(
        queue: queue, problem: "\(chain.readableByteCount) bytes are no list of pages to give up")
    }
    var run: PageRun?
    for _ in 0..<count {
      var page: UInt32 = 0
      withUnsafeMutableBytes(of: &page) { _ = chain.read(into: $0) }
      guard memory.bytes(at: UInt64(page) << Self.pageShift, count: 1 << Self.pageShift) != nil else {
        throw .request(queue: queue, problem: "page \(page) to give up is not RAM")
      }
      if run?.extend(page) == true { continue }
      if let run { try release(run.pages) }
      run = PageRun(page)
    }
    if let run { try release(run.pages) }
  }

  /// Frees neighbouring pages so that they read as zero, and take none of the host's memory until they are touched again.
  private func release(_ pages: ClosedRange<UInt32>) throws(VirtioFault) {
    // Neighbours by number are neighbours in RAM: the hole is wider than a page.
    guard
      let bytes = memory.bytes(
        at: UInt64(pages.lowerBound) << Self.pageShift, count: UInt64(pages.count) << Self.pageShift)
    else { return }
    // Memory that is a shared file keeps its pages unless they are removed from the file. Anonymous private memory
    // knows no file, and drops them.
    if madvise(bytes.baseAddress, bytes.count, MADV_REMOVE) == 0 { return }
    if errno == EINVAL, madvise(bytes.baseAddress, bytes.count, MADV_DONTNEED) == 0 { return }
    throw .backend("madvise of a ballooned page: \(String(cString: strerror(errno)))")
  }
}
