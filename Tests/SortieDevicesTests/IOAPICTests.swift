import SortieDevices
import Synchronization
import Testing

/// The local APICs of a machine: remembers what they are told.
final class RecordingSink: IOAPICSink {
  struct Route: Equatable {
    var pin: Int
    var message: MSIMessage?
    var isLevel: Bool
  }
  private let calls = Mutex<(messages: [MSIMessage], routes: [Route])>(([], []))

  func deliver(_ message: MSIMessage) { calls.withLock { $0.messages.append(message) } }
  func routesChanged(pin: Int, message: MSIMessage?, isLevel: Bool) {
    calls.withLock { $0.routes.append(Route(pin: pin, message: message, isLevel: isLevel)) }
  }

  var messages: [MSIMessage] { calls.withLock { $0.messages } }
  func messages(from index: Int) -> ArraySlice<MSIMessage> { calls.withLock { $0.messages[index...] } }
  var routes: [Route] { calls.withLock { $0.routes } }
}

/// 82093AA data sheet, section 3. Bits are written as numbers, from the data sheet.
@Suite struct IOAPICTests {
  private static let masked: UInt32 = 1 << 16
  private static let level: UInt32 = 1 << 15
  private static let remoteIRR: UInt32 = 1 << 14

  let sink = RecordingSink()
  let ioapic: IOAPIC

  init() { ioapic = IOAPIC(sink: sink) }

  private func load(_ index: UInt8) -> UInt32 {
    ioapic.write(0x00, [index, 0, 0, 0])
    return ioapic.read(0x10, count: 4).enumerated().reduce(0) {
      $0 | UInt32($1.element) << UInt32(8 * $1.offset)
    }
  }

  private func store(_ index: UInt8, _ value: UInt32) {
    ioapic.write(0x00, [index, 0, 0, 0])
    ioapic.write(0x10, (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) })
  }

  private func program(_ pin: UInt8, _ low: UInt32, destination: UInt32 = 0) {
    store(0x11 + 2 * pin, destination << 24)
    store(0x10 + 2 * pin, low)
  }

  private func line(_ pin: Int) throws -> any InterruptLine { try #require(ioapic.line(pin: pin)) }

  private func message(_ data: UInt32, _ address: UInt64 = 0xfee0_0000) -> MSIMessage {
    MSIMessage(address: address, data: data)
  }

  @Test func afterResetAllPinsAreMasked() throws {
    #expect(load(0x01) == 0x0017_0020)
    for index in (0x10..<0x40 as Range<UInt8>) { #expect(load(index) == (index & 1 == 0 ? Self.masked : 0)) }
    for pin in 0..<24 { try line(pin).set(level: true) }
    #expect(sink.messages.isEmpty && sink.routes.isEmpty)
  }

  @Test func onlyItsFourBitsOfTheIdentificationCanBeWritten() {
    store(0x00, 0xffff_ffff)
    #expect(load(0x00) == 0x0f00_0000)
    #expect(load(0x02) == 0x0f00_0000, "the arbitration number follows")
    store(0x01, 0)
    #expect(load(0x01) == 0x0017_0020)
  }

  @Test func readOnlyBitsOfAnEntryStay() {
    store(0x10, 0xffff_ffff)
    store(0x11, 0xffff_ffff)
    #expect(load(0x10) == 0x1_afff)
    #expect(load(0x11) == 0xff00_0000)
  }

  @Test func indicesWithoutARegisterReadAsOnes() {
    for index in [0x03, 0x0f, 0x40, 0xff] as [UInt8] {
      store(index, 0)
      #expect(load(index) == 0xffff_ffff)
    }
  }

  @Test func aRisingEdgeSendsOneMessage() throws {
    program(4, 0x0031)
    let line = try line(4)
    line.set(level: true)
    line.set(level: false)
    line.set(level: true)
    #expect(sink.messages == [message(0x31), message(0x31)])
  }

  @Test func theMessageSaysWhatTheEntrySays() throws {
    program(1, 0x0931, destination: 0x5a)
    try line(1).set(level: true)
    program(2, Self.level | 0x00ec, destination: 0xff)
    try line(2).set(level: true)
    #expect(sink.messages == [message(0x0131, 0xfee5_a004), message(0xc0ec, 0xfeef_f000)])
  }

  @Test func anEdgeAtAMaskedPinIsLost() throws {
    program(4, Self.masked | 0x31)
    try line(4).set(level: true)
    program(4, 0x31)
    #expect(sink.messages.isEmpty)
  }

  @Test func aLevelInterruptsAgainAfterItsEndWhileItIsHigh() throws {
    program(16, Self.level | 0x41)
    let line = try line(16)
    line.set(level: true)
    #expect(load(0x30) == Self.level | Self.remoteIRR | 0x41)
    line.set(level: false)
    line.set(level: true)
    #expect(sink.messages.count == 1, "the first is not ended")
    ioapic.endOfInterrupt(vector: 0x40)
    #expect(sink.messages.count == 1)
    ioapic.endOfInterrupt(vector: 0x41)
    #expect(sink.messages.count == 2)
    line.set(level: false)
    ioapic.endOfInterrupt(vector: 0x41)
    #expect(sink.messages.count == 2)
    #expect(load(0x30) == Self.level | 0x41)
  }

  @Test func theRegisterEndsAnInterruptToo() throws {
    program(16, Self.level | 0x41)
    try line(16).set(level: true)
    ioapic.write(0x40, [0x41, 0, 0, 0])
    #expect(sink.messages.count == 2)
  }

  @Test func aLevelThatCameWhileMaskedInterruptsWhenUnmasked() throws {
    program(16, Self.masked | Self.level | 0x41)
    try line(16).set(level: true)
    #expect(sink.messages.isEmpty)
    program(16, Self.level | 0x41)
    #expect(sink.messages == [message(0xc041)])
  }

  @Test func switchingToEdgeForgetsWhatWasNotEnded() throws {
    program(16, Self.level | 0x41)
    try line(16).set(level: true)
    program(16, Self.masked | 0x41)
    #expect(load(0x30) == Self.masked | 0x41)
    program(16, Self.level | 0x41)
    #expect(sink.messages.count == 2)
  }

  @Test func aPinIsHighWhileAnyOfItsLinesIs() throws {
    program(16, Self.level | 0x41)
    let first = try line(16)
    let second = try line(16)
    first.set(level: true)
    second.set(level: true)
    second.set(level: true)
    first.set(level: false)
    ioapic.endOfInterrupt(vector: 0x41)
    #expect(sink.messages.count == 2)
    second.set(level: false)
    ioapic.endOfInterrupt(vector: 0x41)
    #expect(sink.messages.count == 2)
  }

  @Test func pinsWithOneVectorEndTogether() throws {
    program(16, Self.level | 0x41)
    program(17, Self.level | 0x41)
    try line(16).set(level: true)
    try line(17).set(level: true)
    ioapic.endOfInterrupt(vector: 0x41)
    #expect(sink.messages.count == 4)
  }

  @Test(arguments: [2, 4, 5, 7] as [UInt32])
  func otherDeliveryModesAreEdges(mode: UInt32) throws {
    program(3, Self.level | mode << 8 | 0x41)
    let line = try line(3)
    line.set(level: true)
    line.set(level: false)
    line.set(level: true)
    #expect(sink.messages == [message(mode << 8 | 0x41), message(mode << 8 | 0x41)])
    #expect(load(0x16) & Self.remoteIRR == 0)
  }

  @Test func theSinkLearnsWhatEachPinSends() {
    program(5, 0x31, destination: 3)
    program(5, 0x31, destination: 3)
    store(0x1a, Self.level | 0x31)
    store(0x1a, Self.level | Self.masked | 0x31)
    store(0x1b, 0)
    #expect(
      sink.routes == [
        .init(pin: 5, message: message(0x31, 0xfee0_3000), isLevel: false),
        .init(pin: 5, message: message(0xc031, 0xfee0_3000), isLevel: true),
        .init(pin: 5, message: nil, isLevel: true),
      ])
  }

  @Test func aPinMaskedBeforeTheEndKeepsItsRouteUntilThen() throws {
    program(16, Self.level | 0x41)
    try line(16).set(level: true)
    store(0x30, Self.masked | Self.level | 0x41)
    #expect(sink.routes.last?.message == message(0xc041))
    ioapic.endOfInterrupt(vector: 0x41)
    #expect(sink.routes.last == .init(pin: 16, message: nil, isLevel: true))
    #expect(sink.messages.count == 1)
  }

  @Test func thereAreNoOtherPins() {
    #expect(ioapic.line(pin: -1) == nil && ioapic.line(pin: 24) == nil)
  }

  @Test func theWindowTakesDwordsOnly() {
    store(0x10, Self.masked | 0x22)
    ioapic.write(0x10, [0x33])
    ioapic.write(0x11, [0x33, 0x33, 0x33, 0x33])
    #expect(load(0x10) == Self.masked | 0x22)
    ioapic.write(0x00, [0x01])
    #expect(ioapic.read(0x00, count: 4) == [0x01, 0, 0, 0])
    #expect(ioapic.read(0x10, count: 6) == [0x20, 0x00, 0x17, 0x00, 0xff, 0xff])
    #expect(ioapic.read(0x14, count: 2) == [0xff, 0xff])
  }
}
