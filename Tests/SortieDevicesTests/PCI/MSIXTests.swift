import SortieDevices
import Testing

@Suite struct MSIXTests {
  private static let address: UInt64 = 0xd800_0000
  private static let pendingOffset: UInt64 = 0x800

  private let interrupts = RecordingInterrupts()
  private let function: RecordingFunction
  private let pci: PCIFixture
  private let capability: Int

  init() throws {
    function = RecordingFunction(
      "a", bars: [PCIBAR(2, .memory32, size: 0x1000, name: "a")],
      capabilities: [PCICapability(id: 9, body: [0, 0])],
      msix: MSIXLayout(vectors: 67, bar: 2, tableOffset: 0x100, pendingOffset: UInt32(Self.pendingOffset)),
      pin: 1,
      interrupts: interrupts)
    pci = try PCIFixture([1: function])
    // The first in the list, before those of the function.
    capability = Int(pci.read(1, 0x34, as: UInt8.self))
    pci.write(UInt32(Self.address), 1, 0x18)
    pci.write(2 as UInt16, 1, 4)
  }

  private func control(_ value: UInt16) { pci.write(value, 1, capability + 2) }

  private func entry(_ vector: Int, _ field: Int = 0) -> UInt64 {
    Self.address + 0x100 + UInt64(vector * 16 + field * 4)
  }

  private func write(_ value: UInt32, _ vector: Int, _ field: Int) {
    pci.bus.write(entry(vector, field), in: .memory, value.littleEndianBytes)
  }

  private func program(_ vector: Int, _ message: MSIMessage, masked: UInt32 = 0) {
    write(UInt32(truncatingIfNeeded: message.address), vector, 0)
    write(UInt32(message.address >> 32), vector, 1)
    write(message.data, vector, 2)
    write(masked, vector, 3)
  }

  private func pending(_ word: Int) -> UInt64 {
    pci.bus.read(Self.address + Self.pendingOffset + UInt64(8 * word), in: .memory, count: 8).littleEndian()
  }

  private let message = MSIMessage(address: 0x1_fee0_1000, data: 0x4041)

  @Test func theCapabilitySaysWhereTheTablesAre() {
    #expect(pci.capabilities(1).map { pci.read(1, $0, as: UInt8.self) } == [0x11, 9])
    #expect(pci.read(1, capability + 2, as: UInt16.self) == 66)
    #expect(pci.read(1, capability + 4, as: UInt32.self) == 0x102)
    #expect(pci.read(1, capability + 8, as: UInt32.self) == 0x802)
    control(0xffff)
    #expect(pci.read(1, capability + 2, as: UInt16.self) == 0xc042, "enable and function mask only")
  }

  @Test func vectorsAreMaskedAfterReset() {
    control(0x8000)
    for vector in 0..<67 {
      #expect(
        pci.bus.read(entry(vector), in: .memory, count: 16) == [UInt8](repeating: 0, count: 12) + [
          1, 0, 0, 0,
        ])
    }
    #expect(interrupts.take().isEmpty)
  }

  @Test func anUnmaskedVectorIsRoutedAndSent() {
    control(0x8000)
    program(66, message)
    function.registers.raise(vector: 66)
    #expect(interrupts.take() == [.route(66, message), .send(66)])
  }

  @Test func aMaskedVectorWaitsAndIsSentOnce() {
    control(0x8000)
    program(65, message, masked: 1)
    function.registers.raise(vector: 65)
    function.registers.raise(vector: 65)
    #expect(interrupts.take().isEmpty)
    #expect(pending(0) == 0 && pending(1) == 2)
    write(0, 65, 3)
    #expect(interrupts.take() == [.route(65, message), .send(65)])
    #expect(pending(1) == 0)
    write(1, 65, 3)
    #expect(interrupts.take() == [.route(65, nil)])
  }

  @Test func theFunctionMaskHoldsAllVectorsBack() {
    program(0, message)
    program(1, message, masked: 1)
    control(0xc000)
    function.registers.raise(vector: 0)
    function.registers.raise(vector: 1)
    #expect(interrupts.take().isEmpty && pending(0) == 3)
    control(0x8000)
    #expect(interrupts.take() == [.route(0, message), .send(0)])
    #expect(pending(0) == 2)
  }

  @Test func changingAnUnmaskedVectorReroutesIt() {
    control(0x8000)
    program(3, message)
    _ = interrupts.take()
    write(0x4042, 3, 2)
    write(0x4042, 3, 2)
    #expect(interrupts.take() == [.route(3, MSIMessage(address: message.address, data: 0x4042))], "once")
    pci.bus.write(entry(3), in: .memory, (0xfee0_2000 as UInt64).littleEndianBytes)
    #expect(interrupts.take() == [.route(3, MSIMessage(address: 0xfee0_2000, data: 0x4042))], "one quadword")
  }

  @Test func turningItOffTakesTheRoutesAndGivesThePinBack() {
    control(0x8000)
    program(0, message)
    _ = interrupts.take()
    function.registers.setPin(level: true)
    #expect(interrupts.take().isEmpty && pci.read(1, 6, as: UInt16.self) & 8 == 0)
    #expect(function.registers.messagesEnabled)
    control(0)
    #expect(interrupts.take() == [.route(0, nil), .pin(true)])
    function.registers.raise(vector: 0)
    #expect(interrupts.take().isEmpty && pending(0) == 0)
    control(0x8000)
    #expect(interrupts.take() == [.route(0, message), .pin(false)])
  }

  @Test func pendingBitsCannotBeWritten() {
    control(0x8000)
    function.registers.raise(vector: 5)
    pci.bus.write(Self.address + Self.pendingOffset, in: .memory, [0xff, 0, 0xff, 0])
    #expect(pending(0) == 1 << 5)
  }

  @Test func aVectorThatIsNotThereRaisesNothing() {
    control(0x8000)
    for vector in [-1, 67, .max] { function.registers.raise(vector: vector) }
    #expect(interrupts.take().isEmpty && pending(0) == 0 && pending(1) == 0)
  }

  @Test func theFunctionSeesOnlyWhatIsNotMSIX() {
    _ = pci.bus.read(entry(0), in: .memory, count: 8)
    _ = pci.bus.read(Self.address + 0xff, in: .memory, count: 1)
    pci.bus.write(entry(67), in: .memory, [1])
    #expect(
      function.accesses == [
        .init(bar: 2, offset: 0xff, count: 1), .init(bar: 2, offset: 0x100 + 67 * 16, count: 1),
      ])
    #expect(pci.bus.read(entry(66, 3), in: .memory, count: 8) == [1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff])
  }
}
