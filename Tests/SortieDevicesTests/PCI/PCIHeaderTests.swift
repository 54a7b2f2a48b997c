import SortieDevices
import Testing

@Suite struct PCIHeaderTests {
  private static let bars = [
    PCIBAR(0, .memory32, size: 0x2_0000, name: "net0"), PCIBAR(1, .ports, size: 64, name: "net0-ports"),
    PCIBAR(2, .memory64, size: 0x4000, name: "net0-flash"),
    PCIBAR(4, .memory64, size: 1 << 31, name: "net0-large"),
  ]

  @Test func theHeaderSaysWhoTheFunctionIs() throws {
    let pci = try PCIFixture([3: RecordingFunction("a", pin: 2, line: 17)])
    #expect(pci.read(3, 0x00, as: UInt32.self) == 0x5678_1234)
    #expect(pci.read(3, 0x08, as: UInt32.self) == 0x0180_009a)
    #expect(pci.read(3, 0x0e, as: UInt8.self) == 0, "header type 0, one function")
    #expect(pci.read(3, 0x2c, as: UInt32.self) == 0xef01_abcd)
    #expect(pci.read(3, 0x3c, as: UInt16.self) == 0x0211)
  }

  @Test func theBridgeIsAHostBridgeAndEmptySlotsReadAllOnes() throws {
    let pci = try PCIFixture([:])
    #expect(pci.read(0, 0x0a, as: UInt16.self) == 0x0600)
    for slot in 1..<32 { #expect(pci.read(slot, 0, as: UInt32.self) == .max) }
    #expect(
      pci.bus.read(pci.address(0, 0x1000), in: .memory, count: 4) == [0xff, 0xff, 0xff, 0xff], "function 1")
  }

  @Test func writingAllOnesTellsTheSizeOfARegister() throws {
    let pci = try PCIFixture([1: RecordingFunction("a", bars: Self.bars)])
    #expect(pci.size(1, bar: 0) == (0, 0x2_0000))
    #expect(pci.size(1, bar: 1) == (1, 64))
    #expect(pci.size(1, bar: 2) == (4, 0x4000))
    #expect(pci.size(1, bar: 4) == (4, 1 << 31))
    let empty = try PCIFixture([1: RecordingFunction("b")])
    for bar in 0..<6 { #expect(empty.size(1, bar: bar) == (0, 0)) }
  }

  @Test func commandBitsWithoutAMeaningStayZero() throws {
    let pci = try PCIFixture([
      1: RecordingFunction("none"), 2: RecordingFunction("memory", bars: [Self.bars[0]]),
      3: RecordingFunction("both", bars: Self.bars),
    ])
    for (slot, bits) in [(1, 0x404), (2, 0x406), (3, 0x407)] as [(Int, UInt16)] {
      pci.write(UInt16.max, slot, 4)
      #expect(pci.read(slot, 4, as: UInt16.self) == bits)
    }
  }

  @Test func firstAddressesAreAlignedApartAndNotEnabled() throws {
    let functions = [
      1: RecordingFunction("a", bars: Self.bars),
      2: RecordingFunction("b", bars: [Self.bars[0], Self.bars[1]]),
    ]
    let pci = try PCIFixture(functions)
    let claims = pci.bridge.claims
    #expect(claims.count == 6)
    for (index, claim) in claims.enumerated() {
      #expect(claim.range.lowerBound % UInt64(claim.range.count) == 0)
      for other in claims[..<index] where other.space == claim.space {
        #expect(!claim.range.overlaps(other.range))
      }
      let slot =
        claim.space == .port
        ? pci.bus.lookupPort(UInt16(claim.range.lowerBound)) : pci.bus.lookupMemory(claim.range.lowerBound)
      #expect(slot == nil)
    }
    #expect(claims[3].range.lowerBound >= 1 << 32, "2 GiB do not fit below")
    #expect(
      claims.map { pci.bus.devices[Int($0.device)].name } == [
        "net0", "net0-ports", "net0-flash", "net0-large", "net0", "net0-ports",
      ])
  }

  @Test func whatDoesNotFitIsRefusedByName() throws {
    let large = PCIBAR(0, .memory32, size: 1 << 29, name: "video0")
    #expect(throws: PCIError.noRoom(bar: "video0", size: 1 << 29, space: .memory)) {
      try PCIFixture([1: RecordingFunction("video0", bars: [large])])
    }
    #expect(throws: PCIError.slot(0, function: "a")) { try PCIFixture([0: RecordingFunction("a")]) }
    #expect(throws: PCIError.slot(32, function: "a")) { try PCIFixture([32: RecordingFunction("a")]) }
    var windows = PCIFixture.windows
    windows.ports = 0xc00..<0x1000
    #expect(
      throws: PCIError.bus(
        .overlap(
          device: "PCI port window", range: 0xc00..<0x1000, space: .port, other: "other",
          otherRange: 0xcf0..<0xcf8))
    ) { try PCIFixture([:], windows: windows) }
  }

  @Test func thePinShowsInTheStatusAndCanBeDisabled() throws {
    let interrupts = RecordingInterrupts()
    let function = RecordingFunction("a", pin: 1, interrupts: interrupts)
    let pci = try PCIFixture([1: function])
    function.registers.setPin(level: true)
    function.registers.setPin(level: true)
    #expect(interrupts.take() == [.pin(true)])
    #expect(pci.read(1, 6, as: UInt16.self) & 8 == 8)
    pci.write(0x400 as UInt16, 1, 4)
    #expect(interrupts.take() == [.pin(false)])
    #expect(pci.read(1, 6, as: UInt16.self) & 8 == 8, "disabling hides nothing from the status")
    pci.write(0 as UInt16, 1, 4)
    function.registers.setPin(level: false)
    #expect(interrupts.take() == [.pin(true), .pin(false)])
    #expect(pci.read(1, 6, as: UInt16.self) & 8 == 0)
  }
}
