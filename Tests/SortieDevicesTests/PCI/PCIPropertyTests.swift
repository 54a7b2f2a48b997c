import SortieDevices
import Testing

/// A hostile guest in configuration space and in the windows: any access, and after each the bus says what
/// the registers say.
@Suite struct PCIPropertyTests {
  private struct Register {
    var slot: Int
    var bar: PCIBAR
  }

  /// What the guest reads in its registers says which of them answers at an address: the first in the order
  /// of slots.
  private func owner(_ address: UInt64, in space: AddressSpace, _ registers: [Register], _ pci: PCIFixture)
    -> String?
  {
    let ranges = space == .port ? [PCIFixture.windows.ports] : PCIFixture.windows.memory
    guard ranges.contains(where: { $0.contains(address) }) else { return nil }
    return registers.first { register in
      let command: UInt16 = pci.read(register.slot, 4)
      let offset = 0x10 + 4 * register.bar.index
      let low: UInt32 = pci.read(register.slot, offset)
      let isPort = low & 1 == 1
      guard isPort == (space == .port), command & (isPort ? 1 : 2) != 0 else { return false }
      let high: UInt32 = low & 7 == 4 ? pci.read(register.slot, offset + 4) : 0
      let start = UInt64(high) << 32 | UInt64(low & (isPort ? ~3 : ~0xf))
      return start <= address && address - start < register.bar.size
    }?.bar.name
  }

  @Test(arguments: 0..<3 as Range<UInt64>) func theBusFollowsTheRegisters(seed: UInt64) throws {
    var random = RandomSource(seed: seed)
    let kinds: [(PCIBAR.Kind, ClosedRange<UInt64>)] = [
      (.memory32, 4...20), (.memory64, 4...28), (.ports, 2...8),
    ]
    var registers: [Register] = []
    var functions: [Int: any PCIFunction] = [:]
    for slot in [1, 7, 8, 31] {
      var bars: [PCIBAR] = []
      var index = 0
      while index < 5 {
        let (kind, bits) = kinds.randomElement(using: &random) ?? kinds[0]
        let name = "\(slot).\(index)"
        bars.append(PCIBAR(index, kind, size: 1 << UInt64.random(in: bits, using: &random), name: name))
        index += kind == .memory64 ? 2 : 1
      }
      registers += bars.map { Register(slot: slot, bar: $0) }
      functions[slot] = RecordingFunction("\(slot)", bars: bars, pin: 1)
    }
    let pci = try PCIFixture(functions)
    let identities = (0..<32).map { pci.read($0, 0, as: UInt64.self) & 0xffff_ffff }
    var answered = 0
    for _ in 0..<3000 {
      let register = registers.randomElement(using: &random) ?? registers[0]
      let offset = 0x10 + 4 * register.bar.index
      switch Int.random(in: 0..<6, using: &random) {
      case 0:
        let bytes = (0..<Int.random(in: 1...9, using: &random)).map { _ in
          UInt8.random(in: 0...255, using: &random)
        }
        let anywhere = UInt64.random(in: 0..<1 << 20, using: &random)
        pci.bus.write(PCIFixture.configuration + anywhere, in: .memory, bytes)
      case 1: pci.write(UInt16.random(in: 0...7, using: &random), register.slot, 4)
      case 2: #expect(pci.size(register.slot, bar: register.bar.index).size == register.bar.size)
      default:
        // Near another register, so that they overlap.
        let other = pci.bridge.claims.randomElement(using: &random)?.range.lowerBound ?? 0
        let address = other &+ .random(in: 0...0x4000, using: &random)
        pci.write(UInt32(truncatingIfNeeded: address), register.slot, offset)
        if register.bar.kind == .memory64 { pci.write(UInt32(address >> 32), register.slot, offset + 4) }
      }
      for claim in pci.bridge.claims {
        let address = claim.range.lowerBound &+ .random(in: 0..<UInt64(claim.range.count), using: &random)
        let slot =
          claim.space == .port
          ? UInt16(exactly: address).flatMap(pci.bus.lookupPort) : pci.bus.lookupMemory(address)
        let name = slot.map { pci.bus.devices[Int($0.device)].name }
        let expected = owner(address, in: claim.space, registers, pci)
        if let expected {
          answered += 1
          #expect(name == expected, "seed \(seed), address \(String(address, radix: 16))")
        } else {
          #expect(name.map { name in registers.allSatisfy { $0.bar.name != name } } ?? true)
        }
      }
    }
    #expect(answered > 1000, "the walk reaches the interesting states")
    #expect((0..<32).map { pci.read($0, 0, as: UInt64.self) & 0xffff_ffff } == identities)
  }

  @Test func randomAccessesToMSIXKeepItsRules() throws {
    var random = RandomSource(seed: 9)
    let interrupts = RecordingInterrupts()
    let function = RecordingFunction(
      "a", bars: [PCIBAR(0, .memory32, size: 0x1000, name: "a")],
      msix: MSIXLayout(vectors: 5, bar: 0, tableOffset: 0, pendingOffset: 0x800), interrupts: interrupts)
    let pci = try PCIFixture([1: function])
    let capability = try #require(pci.capabilities(1).first)
    let table = try #require(pci.bridge.claims.first).range.lowerBound
    pci.write(2 as UInt16, 1, 4)
    var routes = [MSIMessage?](repeating: nil, count: 5)
    var sent = 0
    for _ in 0..<20_000 {
      switch Int.random(in: 0..<8, using: &random) {
      case 0: pci.write(UInt16.random(in: 0...3, using: &random) << 14, 1, capability + 2)
      case 1...3: function.registers.raise(vector: .random(in: 0..<6, using: &random))
      default:
        let bytes = (0..<Int.random(in: 1...8, using: &random)).map { _ in
          UInt8.random(in: 0...3, using: &random)
        }
        pci.bus.write(table + .random(in: 0..<90, using: &random), in: .memory, bytes)
      }
      for event in interrupts.take() {
        switch event {
        case .route(let vector, let message): routes[vector] = message
        case .send(let vector):
          sent += 1
          #expect(routes[vector] != nil, "sent only while routed")
        case .pin: Issue.record("the function drives no pin")
        }
      }
      let control: UInt16 = pci.read(1, capability + 2)
      let pending = pci.bus.read(table + 0x800, in: .memory, count: 1)[0]
      for vector in 0..<5 {
        let entry = pci.bus.read(table + UInt64(16 * vector), in: .memory, count: 16)
        let live = control & 0xc000 == 0x8000 && entry[12] == 0
        let message = MSIMessage(
          address: [UInt8](entry[0..<8]).littleEndian(), data: [UInt8](entry[8..<12]).littleEndian())
        #expect(routes[vector] == (live ? message : nil))
        #expect(!live || pending >> vector & 1 == 0, "nothing waits for a live vector")
      }
    }
    #expect(sent > 500)
  }
}
