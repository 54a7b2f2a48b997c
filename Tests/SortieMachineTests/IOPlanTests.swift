import GuestABI
import Testing

@testable import SortieMachine

@Suite struct IOPlanTests {
  private func plan(
    _ device: IODevice = .virtioBlock, operations: UInt64 = 64, bytes: UInt64 = 512, seed: UInt64 = 1,
    depth: UInt64 = 1, writePercent: UInt64 = 50, isSequential: Bool = false
  ) throws -> IOPlan {
    try IOPlan(
      for: device, operations: operations, bytes: bytes, seed: seed, depth: depth, writePercent: writePercent,
      isSequential: isSequential)
  }

  @Test func everyThirtyTwoOperationsGoToEachBlockOnce() throws {
    var orders: Set<[UInt32]> = []
    for seed in UInt64(0)..<200 {
      let abi = try plan(seed: seed).abi
      for turn in UInt64(0)..<4 {
        let order = (0..<IOPlan.blocks).map { sortie_io_block(abi, turn * IOPlan.blocks + $0) }
        #expect(order.sorted() == (0..<UInt32(IOPlan.blocks)).map(\.self), "seed \(seed)")
        orders.insert(order)
      }
    }
    #expect(orders.count > 700, "the order is drawn anew for each turn and seed")
  }

  @Test func aSequentialPlanGoesBlockAfterBlock() throws {
    let abi = try plan(isSequential: true).abi
    #expect((UInt64(0)..<64).map { sortie_io_block(abi, $0) } == (0..<64).map { $0 % 32 })
  }

  @Test(arguments: [(0, 0...0), (50, 4700...5300), (100, 10_000...10_000)] as [(UInt64, ClosedRange<Int>)])
  func writesHaveTheirShare(percent: UInt64, of10000: ClosedRange<Int>) throws {
    let abi = try plan(writePercent: percent).abi
    #expect(of10000.contains((UInt64(0)..<10_000).count { sortie_io_is_write(abi, $0) != 0 }))
  }

  @Test func noWordOfADiskOrOfAWriteIsLikeAnother() throws {
    let plan = try plan(bytes: 4096)
    var words = PredictedDisk.initialImage(of: plan)
    var block = [UInt64](repeating: 0, count: 512)
    for operation in UInt64(0)..<16 {
      sortie_io_fill(&block, 8, sortie_io_key(plan.seed, operation + 1))
      words += block
    }
    #expect(Set(words).count == words.count)
  }

  @Test func aChecksumTellsTheOrderOfWordsAndOfSectors() {
    let words = (UInt64(0)..<128).map { sortie_io_random(7, $0) }
    func checksum(_ words: [UInt64]) -> UInt64 { sortie_io_checksum(IOPlan.noChecksum, words, 2) }
    var swapped = words
    swapped.swapAt(3, 4)
    #expect(checksum(swapped) != checksum(words))
    #expect(checksum(Array(words[64...] + words[..<64])) != checksum(words))
    for bit in 0..<64 {
      var wrong = words
      wrong[100] ^= 1 << UInt64(bit)
      #expect(checksum(wrong) != checksum(words))
    }
  }

  @Test func aPlanThatCannotBePerformedIsRefusedWithItsValue() {
    func expectRefusal(of value: UInt64, _ make: @autoclosure () throws -> IOPlan) {
      let error = #expect(throws: MachineError.self) { try make() }
      #expect(error.map { "\($0)".contains(" \(value) is not possible: ") } == true)
    }
    for bytes in [0, 513, 66_048, UInt64.max] { expectRefusal(of: bytes, try plan(bytes: bytes)) }
    for bytes in [0, 56, 60, 1520] as [UInt64] {
      expectRefusal(of: bytes, try plan(.virtioNet, bytes: bytes))
      expectRefusal(of: bytes, try plan(.e1000, bytes: bytes))
    }
    for bytes in [0, 65_537] as [UInt64] { expectRefusal(of: bytes, try plan(.virtioConsole, bytes: bytes)) }
    for depth in [0, 3, 64] as [UInt64] { expectRefusal(of: depth, try plan(depth: depth)) }
    expectRefusal(of: 2, try plan(.uart, depth: 2))
    expectRefusal(of: 2, try plan(.ide, depth: 2))
    expectRefusal(of: 101, try plan(writePercent: 101))
    expectRefusal(of: 65, try plan(operations: 65, depth: 2))
    for operations in [0, UInt64.max] { expectRefusal(of: operations, try plan(operations: operations)) }
  }
}
