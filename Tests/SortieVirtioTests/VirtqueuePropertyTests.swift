import DeviceFixtures
import Glibc
import SortieDevices
import SortieStatistics
import SortieVirtio
import Testing

/// Random drivers against simple models. RAM lies between pages that no one may touch.
@Suite struct VirtqueuePropertyTests {
  private static let pool: UInt64 = 0x8000
  private static let tables: UInt64 = 0x4000

  /// A chain as the model knows it: its buffers, until the device has used it.
  private typealias Outstanding = [UInt16: [MockDriver.Buffer]]

  private func buffers(_ random: inout SeededGenerator) -> [MockDriver.Buffer] {
    let count = Int.random(in: 1...6, using: &random)
    let readable = Int.random(in: 0...count, using: &random)
    return (0..<count).map { position in
      MockDriver.Buffer(
        address: Bool.random(using: &random)
          ? Self.pool + .random(in: 0..<0x7000, using: &random)
          : 1 << 32 + .random(in: 0..<0x7000, using: &random),
        count: .random(in: 1...0x1000, using: &random), isWritable: position >= readable)
    }
  }

  /// Every chain that a correct driver makes available comes out once, in order, with its buffers, and goes back once,
  /// however the sides take turns.
  @Test(arguments: 0..<4 as Range<UInt64>)
  func eachChainIsUsedExactlyOnce(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let ram = TestRAM(lowBytes: 0x10000, highBytes: 0x8000)
    let driver = MockDriver(ram: ram, size: 16)
    let queue = try driver.queue(features: [.indirectDescriptors, .eventIndex])
    var chain = DescriptorChain(capacity: 16)
    var outstanding: Outstanding = [:]
    var order: [UInt16] = []
    var popped: [UInt16] = []
    var added: UInt64 = 0
    var usedCount = 0
    for step in 0..<8000 {
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        let buffers = buffers(&random)
        let isIndirect = Bool.random(using: &random)
        guard driver.room(count: isIndirect ? 1 : buffers.count) > 0 else { continue }
        // Far more tables than there can be chains.
        let table = Self.tables + 0x100 * (added % 64)
        added += 1
        let head = isIndirect ? driver.addIndirect(buffers, table: table) : driver.add(buffers)
        outstanding[head] = buffers
        order.append(head)
      case 1:
        guard try queue.pop(into: &chain) else {
          #expect(order.isEmpty)
          continue
        }
        let head = order.removeFirst()
        #expect(chain.id == head, "seed \(seed), step \(step)")
        let buffers = try #require(outstanding[head])
        check(chain.readableSegments, buffers.filter { !$0.isWritable }, ram)
        check(chain.writableSegments, buffers.filter(\.isWritable), ram)
        popped.append(head)
      case 2:
        // In any order.
        guard let position = popped.indices.randomElement(using: &random) else { continue }
        let head = popped.remove(at: position)
        queue.push(head, written: UInt32(head) + 7)
        #expect(outstanding.removeValue(forKey: head) != nil)
        usedCount += 1
      default:
        for used in driver.takeUsed() { #expect(used.written == used.id + 7) }
        driver.setUsedEvent(driver.usedIndex)
        _ = queue.needsInterrupt()
        #expect(try queue.enableKicks() == !order.isEmpty)
      }
    }
    #expect(usedCount > 500, "the walk gets somewhere")
  }

  private func check(
    _ segments: UnsafeBufferPointer<iovec>, _ buffers: [MockDriver.Buffer], _ ram: TestRAM
  ) {
    #expect(segments.map(\.iov_len) == buffers.map { Int($0.count) })
    #expect(
      segments.map(\.iov_base)
        == buffers.map { ram.ram.bytes(at: $0.address, count: UInt64($0.count))?.baseAddress })
  }

  /// Rings full of noise that changes between the calls: each call ends, in a fault or with buffers in RAM, which are
  /// then read and written.
  @Test(arguments: 0..<4 as Range<UInt64>)
  func noiseEndsInAFaultOrInRAM(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let ram = TestRAM(lowBytes: 0x10000, highBytes: 0x8000)
    let sizes: [UInt16] = [1, 2, 16, 256]
    var chain = DescriptorChain(capacity: 256)
    var faults = 0
    var chains = 0
    for round in 0..<1000 {
      let driver = MockDriver(ram: ram, size: sizes[round % sizes.count])
      scramble(driver, &random, count: Int(driver.setup.size))
      ram.store(UInt64(0), at: driver.setup.available)
      ram.store(UInt32(0), at: driver.setup.used)
      driver.setAvailableIndex(.random(in: 0...min(driver.setup.size + 1, 24), using: &random))
      do throws(VirtioFault) {
        let queue = try driver.queue(features: [.indirectDescriptors, .eventIndex])
        while try queue.pop(into: &chain) {
          chains += 1
          use(&chain)
          queue.push(chain.id, written: .random(in: 0...(.max), using: &random))
          _ = queue.needsInterrupt()
          scramble(driver, &random, count: 2)
        }
        _ = try queue.enableKicks()
      } catch {
        faults += 1
      }
    }
    #expect(faults > 150 && chains > 150, "\(faults) faults, \(chains) chains")
  }

  /// Writes descriptors that are often plausible, in the queue's table, in indirect ones and in the available ring.
  private func scramble(_ driver: MockDriver, _ random: inout SeededGenerator, count: Int) {
    let size = driver.setup.size
    for _ in 0..<count {
      let isTable = Int.random(in: 0..<4, using: &random) == 0
      let place =
        Bool.random(using: &random)
        ? driver.setup.descriptors + 16 * .random(in: 0..<UInt64(size), using: &random)
        : Self.tables + 16 * .random(in: 0..<64, using: &random)
      let address: UInt64 =
        switch Int.random(in: 0..<24, using: &random) {
        case 0: .random(in: 0...(.max), using: &random)
        case 1: 0x10000 - .random(in: 0..<64, using: &random)
        case 2..<8: 1 << 32 + .random(in: 0..<0x7000, using: &random)
        default: Self.pool + .random(in: 0..<0x7000, using: &random)
        }
      driver.write(
        at: place, address: isTable ? Self.tables + 16 * .random(in: 0..<8, using: &random) : address,
        count: isTable ? 16 * .random(in: 0...40, using: &random) : .random(in: 1...0x1000, using: &random),
        flags: isTable ? MockDriver.indirect : .random(in: 0...3, using: &random),
        next: .random(in: 0...size, using: &random))
      driver.ram.store(
        UInt16.random(in: 0..<size, using: &random),
        at: driver.setup.available + 4 + 2 * .random(in: 0..<UInt64(size), using: &random))
    }
  }

  /// Reads all there is to read and writes all there is to write.
  private func use(_ chain: inout DescriptorChain) {
    var sum: UInt8 = 0
    for segment in chain.readableSegments {
      for byte in UnsafeRawBufferPointer(start: segment.iov_base, count: min(segment.iov_len, 64)) {
        sum &+= byte
      }
      sum &+= UnsafeRawBufferPointer(start: segment.iov_base, count: segment.iov_len).last ?? 0
    }
    for segment in chain.writableSegments {
      let bytes = UnsafeMutableRawBufferPointer(start: segment.iov_base, count: segment.iov_len)
      bytes[0] = sum
      bytes[bytes.count - 1] = sum
    }
    _ = chain.removeLastWritable()
  }
}
