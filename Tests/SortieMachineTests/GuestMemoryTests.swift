import Testing

@testable import SortieMachine

@Suite struct GuestMemoryTests {
  @Test func whatIsStoredIsLoaded() throws {
    let memory = try GuestMemory(lowBytes: 1 << 20)
    try memory.store(UInt64(0x1122_3344_5566_7788), at: 0x777)
    #expect(try memory.load(UInt64.self, at: 0x777) == 0x1122_3344_5566_7788)
    #expect(try memory.load(UInt8.self, at: 0x777) == 0x88)
  }

  private static let outside: [(UInt64, UInt64)] = [
    (0x10_0000, 1), (0xf_fff9, 8), (.max, 1), (.max - 3, 8), (0, 0x10_0001), (5, .max),
  ]

  @Test(arguments: outside)
  func nothingOutsideMemoryIsReached(address: UInt64, count: UInt64) throws {
    let memory = try GuestMemory(lowBytes: 1 << 20)
    #expect(throws: MachineError.self) { try memory.bytes(at: address, count: count) }
  }

  @Test func theLastByteIsReached() throws {
    let memory = try GuestMemory(lowBytes: 1 << 20)
    #expect(try memory.bytes(at: (1 << 20) - 1, count: 1).count == 1)
    #expect(try memory.bytes(at: 1 << 20, count: 0).isEmpty)
  }

  @Test func thePartsOfALayoutDoNotOverlap() throws {
    for vcpus in [1, 2, 16] {
      let layout = try GuestLayout(memoryMiB: 64, vcpuCount: vcpus, coldBytes: 5000)
      var ranges = layout.rings + [layout.image, layout.cold]
      ranges += layout.stackTops.dropFirst().map { $0 - GuestLayout.stackBytes..<$0 }
      ranges.sort { $0.lowerBound < $1.lowerBound }
      for (first, second) in zip(ranges, ranges.dropFirst()) {
        #expect(first.upperBound <= second.lowerBound)
      }
      #expect(ranges.last?.upperBound == layout.memoryBytes)
      #expect(layout.cold.count == 8192)
      #expect(layout.rings.allSatisfy { $0.lowerBound % 4096 == 0 })
    }
  }

  @Test(arguments: [(0, 1), (7, 1), (3329, 1), (64, 0), (64, 17), (8, 1 << 40)])
  func aLayoutThatCannotBeIsRefused(memoryMiB: Int, vcpus: Int) {
    #expect(throws: MachineError.self) { try GuestLayout(memoryMiB: memoryMiB, vcpuCount: vcpus) }
  }

  @Test func coldMemoryThatDoesNotFitIsRefused() {
    #expect(throws: MachineError.self) { try GuestLayout(memoryMiB: 8, vcpuCount: 1, coldBytes: .max) }
    #expect(throws: MachineError.self) { try GuestLayout(memoryMiB: 8, vcpuCount: 1, coldBytes: 8 << 20) }
  }
}
