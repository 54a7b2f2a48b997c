import SortieDevices
import Synchronization
import Testing

/// Random buses against a model that knows one device byte an address.
@Suite struct BusPropertyTests {
  /// Keeps every access as the bus made it; what it reads depends on device and offset.
  private final class RecordingDevice: Device {
    let name: String
    let salt: UInt8
    private let log = Mutex<[Access]>([])

    struct Access: Equatable {
      var offset: UInt64
      var bytes: [UInt8]?
      var count: Int
    }

    init(number: Int) {
      name = "device \(number)"
      salt = UInt8(truncatingIfNeeded: number &* 37 &+ 11)
    }

    func value(_ offset: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: offset) &* 3 &+ salt }

    func read(offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
      for index in bytes.indices { bytes[index] = value(offset + UInt64(index)) }
      log.withLock { $0.append(Access(offset: offset, bytes: nil, count: bytes.count)) }
    }

    func write(offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect {
      let copy = Array(bytes)
      log.withLock { $0.append(Access(offset: offset, bytes: copy, count: copy.count)) }
      return .none
    }

    func takeLog() -> [Access] {
      log.withLock { log in
        defer { log = [] }
        return log
      }
    }
  }

  /// The claims in the order they were accepted, searched one by one.
  private struct Model {
    var claims: [(range: Range<UInt64>, device: Int)] = []

    func owner(_ address: UInt64) -> (device: Int, offset: UInt64, claim: Int)? {
      for (index, claim) in claims.enumerated() where claim.range.contains(address) {
        return (claim.device, address - claim.range.lowerBound, index)
      }
      return nil
    }
  }

  @Test(arguments: [AddressSpace.port, .memory], 0..<20 as Range<UInt64>)
  func accessesGoWhereANaiveModelSendsThem(space: AddressSpace, seed: UInt64) throws {
    var random = RandomSource(seed: seed)
    let devices = (0..<12).map { RecordingDevice(number: $0) }
    var builder = BusBuilder()
    var model = Model()
    // Crowded at the end of the ports, so that accesses cross neighbours, gaps and the end of the space.
    let base: UInt64 = space == .port ? 0xff00 : 0xd000_0000
    for _ in 0..<60 {
      let start = base + .random(in: 0..<256, using: &random)
      let range = start..<start + .random(in: 0...10, using: &random)
      let device = Int.random(in: devices.indices, using: &random)
      let fits =
        !range.isEmpty && !model.claims.contains { $0.range.overlaps(range) }
        && (space == .memory || range.upperBound <= 0x10000)
      do {
        try builder.add(devices[device], at: range, in: space)
        #expect(fits, "\(range) was accepted")
        model.claims.append((range, device))
      } catch {
        #expect(!fits, "\(error)")
      }
    }
    let bus = builder.freeze()
    var unclaimedReads: UInt64 = 0
    var unclaimedWrites: UInt64 = 0
    for _ in 0..<2000 {
      let address = base + .random(in: 0..<256, using: &random)
      let elementSize = Int.random(in: 1...8, using: &random)
      let elements = space == .port ? Int.random(in: 1...3, using: &random) : 1
      let parts = expectedParts(model, address, elementSize)
      let unclaimed = parts.contains { $0.device == nil }
      if Bool.random(using: &random) {
        let read = bus.read(address, in: space, elementSize: elementSize, count: elementSize * elements)
        let element = parts.flatMap { part in
          (0..<part.count).map { part.device.map { devices[$0] }?.value(part.offset + UInt64($0)) ?? 0xff }
        }
        #expect(read == Array(repeatElement(element, count: elements).joined()))
        unclaimedReads += unclaimed ? UInt64(elements) : 0
      } else {
        let bytes = (0..<elementSize * elements).map { _ in UInt8.random(in: 0...255, using: &random) }
        #expect(bus.write(address, in: space, elementSize: elementSize, bytes) == .none)
        for (number, device) in devices.enumerated() {
          let expected = (0..<elements).flatMap { element in
            parts.filter { $0.device == number }.map { part in
              let start = element * elementSize + part.start
              return RecordingDevice.Access(
                offset: part.offset, bytes: Array(bytes[start..<start + part.count]), count: part.count)
            }
          }
          #expect(device.takeLog().filter { $0.bytes != nil } == expected)
        }
        unclaimedWrites += unclaimed ? UInt64(elements) : 0
      }
      let slot = space == .port ? bus.lookupPort(UInt16(address)) : bus.lookupMemory(address)
      let owner = model.owner(address)
      #expect(slot?.offset == owner?.offset)
      #expect(slot.map { bus.devices[Int($0.device)].name } == owner.map { devices[$0.device].name })
    }
    #expect(bus.unclaimedReads == unclaimedReads)
    #expect(bus.unclaimedWrites == unclaimedWrites)
  }

  private struct Part {
    var start: Int
    var count: Int
    var device: Int?
    var offset: UInt64
    var claim: Int?
  }

  /// The access as maximal runs of bytes within one claim or outside all.
  private func expectedParts(_ model: Model, _ address: UInt64, _ count: Int) -> [Part] {
    var parts: [Part] = []
    for index in 0..<count {
      let owner = model.owner(address + UInt64(index))
      if let last = parts.last, last.claim == owner?.claim {
        parts[parts.count - 1].count += 1
      } else {
        parts.append(
          Part(start: index, count: 1, device: owner?.device, offset: owner?.offset ?? 0, claim: owner?.claim)
        )
      }
    }
    return parts
  }
}
