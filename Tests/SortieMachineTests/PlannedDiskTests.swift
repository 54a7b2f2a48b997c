import Glibc
import GuestABI
import SortieDevices
import Testing

@testable import SortieMachine

/// A guest that performs its plan without a machine.
private struct DiskGuest {
  let plan: IOPlan
  let disk: PlannedDisk
  private(set) var checksums: [UInt64] = []
  private var block: [UInt64]

  init(_ plan: IOPlan, corrupting transfer: UInt64 = 0) {
    self.plan = plan
    disk = PlannedDisk(plan, corruptedTransfer: transfer)
    block = [UInt64](repeating: 0, count: Int(plan.bytes / 8))
  }

  /// Reads or writes the block, in two parts of memory.
  private mutating func move(_ offset: UInt64, isWrite: Bool) {
    block.withUnsafeMutableBytes { bytes in
      let parts = [bytes[..<512], bytes[512...]].map { UnsafeMutableRawBufferPointer(rebasing: $0) }
      let segments = parts.map { iovec(iov_base: $0.baseAddress, iov_len: $0.count) }
      segments.withUnsafeBufferPointer { segments in
        if isWrite { disk.write(at: offset, from: segments) } else { disk.read(at: offset, into: segments) }
      }
    }
  }

  mutating func run() {
    let abi = plan.abi
    let sectors = plan.bytes / sectorSize
    var checksum = IOPlan.noChecksum
    for operation in 0..<plan.operations {
      let isWrite = sortie_io_is_write(abi, operation) != 0
      if isWrite { sortie_io_fill(&block, sectors, sortie_io_key(plan.seed, operation + 1)) }
      move(UInt64(sortie_io_block(abi, operation)) * plan.bytes, isWrite: isWrite)
      if !isWrite { checksum = sortie_io_checksum(checksum, block, sectors) }
      checksums.append(checksum)
    }
  }

  /// Something that no plan has.
  mutating func write(at offset: UInt64) { move(offset, isWrite: true) }

  func finding() -> IOFinding { checksums.withUnsafeBufferPointer { disk.finding($0) } }
}

@Suite struct PlannedDiskTests {
  private func plan(
    operations: UInt64, seed: UInt64 = 3, writePercent: UInt64 = 50, isSequential: Bool = false
  ) throws -> IOPlan {
    try IOPlan(
      for: .virtioBlock, operations: operations, bytes: 1024, seed: seed, writePercent: writePercent,
      isSequential: isSequential)
  }

  @Test(arguments: [0, 30, 50, 100] as [UInt64])
  func aGuestThatKeepsToItsPlanIsFoundRight(writePercent: UInt64) throws {
    for seed in UInt64(0)..<20 {
      let plan = try plan(
        operations: 200, seed: seed, writePercent: writePercent, isSequential: seed % 2 == 0)
      var guest = DiskGuest(plan)
      guest.run()
      let finding = guest.finding()
      #expect(finding.problem == nil)
      #expect(finding.readChecksum == guest.checksums.last)
    }
  }

  @Test func checksumsAreThoseOfThePlanAndOfNoOther() throws {
    func finding(_ seed: UInt64) throws -> IOFinding {
      var guest = DiskGuest(try plan(operations: 64, seed: seed))
      guest.run()
      return guest.finding()
    }
    #expect(try finding(1) == finding(1))
    #expect(try finding(1).readChecksum != finding(2).readChecksum)
    #expect(try finding(1).imageChecksum != finding(2).imageChecksum)
  }

  /// Each block is met once, so that nothing covers up what went wrong.
  @Test func aWrongBitInAnyTransferIsFoundAndItsOperationNamed() throws {
    let plan = try plan(operations: 32)
    for operation in 0..<plan.operations {
      var guest = DiskGuest(plan, corrupting: operation + 1)
      guest.run()
      let problem = try #require(guest.finding().problem)
      let isWrite = sortie_io_is_write(plan.abi, operation) != 0
      #expect(problem.contains("operation \(operation), a \(isWrite ? "write" : "read") of 1024 bytes"))
      #expect(problem.contains("the image differs") == isWrite)
    }
  }

  @Test func aWriteThatThePlanDoesNotHaveIsFoundByItsFirstByte() throws {
    let plan = try plan(operations: 32, writePercent: 0)
    var guest = DiskGuest(plan)
    guest.run()
    guest.write(at: 5120)
    let problem = try #require(guest.finding().problem)
    #expect(problem.contains("the image differs from the plan at byte 51"))
    #expect(problem.contains("nothing was written"))
  }
}
