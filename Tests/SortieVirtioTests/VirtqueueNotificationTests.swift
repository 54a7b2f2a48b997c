import DeviceFixtures
import SortieStatistics
import SortieVirtio
import Testing

@Suite struct VirtqueueNotificationTests {
  private let driver = MockDriver(ram: TestRAM(lowBytes: 0x10000), size: 8)

  /// Pops and pushes `count` chains.
  private func use(_ count: Int, _ queue: Virtqueue) throws {
    var chain = DescriptorChain(capacity: 8)
    for _ in 0..<count {
      driver.add([.writable(0x8000, 4)])
      #expect(try queue.pop(into: &chain))
      queue.push(chain.id, written: 0)
      _ = driver.takeUsed()
    }
  }

  @Test func withoutEventIndexTheDriversFlagDecides() throws {
    let queue = try driver.queue()
    #expect(!queue.needsInterrupt(), "nothing was used")
    try use(2, queue)
    #expect(queue.needsInterrupt())
    #expect(!queue.needsInterrupt(), "told already")
    driver.setAvailableFlags(1)
    try use(1, queue)
    #expect(!queue.needsInterrupt())
  }

  @Test func withEventIndexTheFlagMeansNothing() throws {
    let queue = try driver.queue(features: .eventIndex)
    driver.setAvailableFlags(1)
    try use(1, queue)
    #expect(queue.needsInterrupt())
  }

  @Test func withEventIndexTheInterruptComesWithTheEntryAskedFor() throws {
    let queue = try driver.queue(features: .eventIndex)
    driver.setUsedEvent(3)
    try use(3, queue)
    #expect(!queue.needsInterrupt(), "entries 0 to 2")
    try use(1, queue)
    #expect(queue.needsInterrupt(), "entry 3")
    try use(1, queue)
    #expect(!queue.needsInterrupt(), "entry 3 is over")
  }

  /// Against the definition: an interrupt exactly if the entry asked for is among those pushed since the last decision.
  @Test func theArithmeticHoldsAcrossTheWrapOfTheIndices() throws {
    let queue = try driver.queue(features: .eventIndex)
    var random = SeededGenerator(seed: 11)
    var pushed = 0
    var decided = 0
    while pushed < 200_000 {
      let event = pushed + Int.random(in: -4...12, using: &random)
      driver.setUsedEvent(UInt16(truncatingIfNeeded: event))
      let count = Int.random(in: 0...8, using: &random)
      try use(count, queue)
      pushed += count
      #expect(queue.needsInterrupt() == (decided..<pushed).contains(event))
      decided = pushed
    }
  }

  @Test func kicksAreTurnedOffByFlagWithoutEventIndex() throws {
    let queue = try driver.queue()
    queue.disableKicks()
    #expect(driver.usedFlags == 1)
    #expect(try !queue.enableKicks())
    #expect(driver.usedFlags == 0)
  }

  @Test func kicksAreAskedForAtTheNextChainWithEventIndex() throws {
    let queue = try driver.queue(features: .eventIndex)
    try use(3, queue)
    #expect(driver.availableEvent == 0)
    #expect(try !queue.enableKicks())
    #expect(driver.availableEvent == 3)
    queue.disableKicks()
    #expect(driver.usedFlags == 0)
  }

  @Test(arguments: [[], VirtioFeatures.eventIndex])
  func aChainThatCameWithoutAKickIsSeenWhenKicksAreTurnedOn(features: VirtioFeatures) throws {
    let queue = try driver.queue(features: features)
    queue.disableKicks()
    driver.add([.writable(0x8000, 4)])
    #expect(try queue.enableKicks())
    var chain = DescriptorChain(capacity: 8)
    #expect(try queue.pop(into: &chain))
    #expect(try !queue.enableKicks())
  }
}
