public import CGuest
public import GuestABI

/// A virtio block device (Virtual I/O Device Version 1.2, section 5.2): three descriptors a request, all requests of a
/// batch with one kick, and one interrupt for them.
public struct VirtioDisk: Disk {
  private let queue: Virtqueue
  private let headers: UnsafeMutablePointer<virtio_block_header>
  private let statuses: UnsafeMutablePointer<UInt8>

  /// The machine's first, for `depth` requests at once.
  public init(depth: UInt64, _ memory: inout IOMemory) {
    let function = VirtioFunction(type: 2)
    queue = function.queue(0, &memory)
    headers = memory.take(virtio_block_header.self, count: depth)
    statuses = memory.take(UInt8.self, count: depth)
    for index in 0..<Int(depth) {
      let first = UInt16(truncatingIfNeeded: 3 &* index)
      let chain = queue.descriptors + 3 &* index
      chain[0] = virtq_descriptor(
        address: physical(headers + index), length: UInt32(MemoryLayout<virtio_block_header>.size),
        flags: UInt16(VIRTQ_NEXT.rawValue), next: first &+ 1)
      chain[1].next = first &+ 2
      chain[2] = virtq_descriptor(
        address: physical(statuses + index), length: 1, flags: UInt16(VIRTQ_DEVICE_WRITES.rawValue), next: 0)
    }
    function.start()
  }

  /// See ``Disk/transfer(_:count:)``.
  @inline(__always)
  public func transfer(_ operations: UnsafeMutablePointer<DiskOperation>, count: UInt64) {
    for index in 0..<Int(count) {
      let operation = operations[index]
      headers[index] = virtio_block_header(
        kind: operation.isWrite ? 1 : 0, reserved: 0, sector: operation.sector)
      let data = queue.descriptors + (3 &* index &+ 1)
      data.pointee.address = physical(operation.data)
      data.pointee.length = UInt32(truncatingIfNeeded: operation.sectors &* UInt64(SORTIE_IO_SECTOR_BYTES))
      data.pointee.flags = UInt16(
        operation.isWrite ? VIRTQ_NEXT.rawValue : VIRTQ_NEXT.rawValue | VIRTQ_DEVICE_WRITES.rawValue)
      statuses[index] = 0xff
      queue.offer(UInt16(truncatingIfNeeded: 3 &* index), at: UInt16(truncatingIfNeeded: index))
    }
    let end = queue.returned &+ UInt16(truncatingIfNeeded: count)
    queue.submit(UInt16(truncatingIfNeeded: count))
    queue.wait(until: end)
    for index in 0..<Int(count) where statuses[index] != 0 {
      fail("the virtio disk did not perform a request", SORTIE_EXIT_CHECK_FAILED)
    }
  }
}
