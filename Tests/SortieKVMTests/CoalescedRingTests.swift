import CLinuxKVM
import SortieKVM
import Testing

/// A ring page filled by the kernel header's own structures.
private struct RingPage: ~Copyable {
  let base = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 4096)

  init(first: UInt32, last: UInt32) {
    base.initializeMemory(as: UInt8.self, repeating: 0, count: 4096)
    header.pointee.first = first
    header.pointee.last = last
  }

  deinit { base.deallocate() }

  var header: UnsafeMutablePointer<kvm_coalesced_mmio_ring> {
    base.assumingMemoryBound(to: kvm_coalesced_mmio_ring.self)
  }

  func fill(_ index: Int, address: UInt64, length: UInt32, pio: Bool, first byte: UInt8) {
    var entry = kvm_coalesced_mmio()
    entry.phys_addr = address
    entry.len = length
    entry.pio = pio ? 1 : 0
    entry.data = (byte, 2, 3, 4, 5, 6, 7, 8)
    (base + MemoryLayout<kvm_coalesced_mmio_ring>.size + index * MemoryLayout<kvm_coalesced_mmio>.stride)
      .storeBytes(of: entry, as: kvm_coalesced_mmio.self)
  }

  var ring: CoalescedRing { CoalescedRing(base: base, size: 4096) }
}

struct CoalescedRingTests {
  @Test func capacityIsTheKernels() {
    // KVM_COALESCED_MMIO_MAX: (PAGE_SIZE - sizeof(ring)) / sizeof(entry).
    #expect(RingPage(first: 0, last: 0).ring.capacity == (4096 - 8) / 24)
  }

  @Test func writesComeOutOldestFirstAndTheRingIsEmptyAfter() throws {
    let page = RingPage(first: 0, last: 3)
    page.fill(0, address: 0x3f8, length: 1, pio: true, first: 0x41)
    page.fill(1, address: 0xd000_0000, length: 4, pio: false, first: 1)
    page.fill(2, address: 0xd000_0008, length: 8, pio: false, first: 1)
    #expect(!page.ring.isEmpty)
    var writes: [CoalescedWrite] = []
    #expect(try page.ring.drain { writes.append($0) } == 3)
    #expect(
      writes == [
        CoalescedWrite(address: 0x3f8, width: 1, isPIO: true, value: 0x41),
        CoalescedWrite(address: 0xd000_0000, width: 4, isPIO: false, value: 0x0403_0201),
        CoalescedWrite(address: 0xd000_0008, width: 8, isPIO: false, value: 0x0807_0605_0403_0201),
      ])
    #expect(page.ring.isEmpty)
    #expect(page.header.pointee.first == 3)
    #expect(try page.ring.drain { _ in Issue.record("drained twice") } == 0)
  }

  @Test func theRingWrapsAround() throws {
    let page = RingPage(first: 169, last: 1)
    page.fill(169, address: 1, length: 1, pio: false, first: 10)
    page.fill(0, address: 2, length: 1, pio: false, first: 11)
    var values: [UInt64] = []
    try page.ring.drain { values.append($0.value) }
    #expect(values == [10, 11])
    #expect(page.header.pointee.first == 1)
  }

  @Test(arguments: [(UInt32(170), UInt32(0)), (0, 170), (.max, .max), (.max, 0), (0, .max), (170, 170)])
  func indicesOutsideTheRingAreRefused(first: UInt32, last: UInt32) {
    let page = RingPage(first: first, last: last)
    #expect(throws: CoalescedRingError(first: first, last: last, capacity: 170)) {
      try page.ring.drain { _ in Issue.record("an entry came out") }
    }
  }

  @Test(arguments: [UInt32(0), 9, .max])
  func anEntryOfImpossibleLengthIsRefusedAfterThoseBeforeIt(length: UInt32) {
    let page = RingPage(first: 0, last: 2)
    page.fill(0, address: 1, length: 8, pio: false, first: 1)
    page.fill(1, address: 2, length: length, pio: false, first: 1)
    var count = 0
    #expect(throws: CoalescedRingError(first: 1, last: 2, capacity: 170)) {
      try page.ring.drain { _ in count += 1 }
    }
    #expect(count == 1)
  }

  @Test func randomPagesDrainNoMoreThanTheRingHolds() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      let page = RingPage(first: 0, last: 0)
      for offset in stride(from: 8, to: 4096, by: 8) {
        page.base.storeBytes(of: random.next(), toByteOffset: offset, as: UInt64.self)
      }
      for entry in 0..<170 where Bool.random() {
        (page.base + 8 + entry * 24 + 8).storeBytes(of: UInt32.random(in: 0...9), as: UInt32.self)
      }
      page.header.pointee.first = .random(in: 0..<180)
      page.header.pointee.last = .random(in: 0..<180)
      var count = 0
      _ = try? page.ring.drain {
        count += 1
        #expect((1...8).contains($0.width))
      }
      #expect(count < 170)
    }
  }
}
