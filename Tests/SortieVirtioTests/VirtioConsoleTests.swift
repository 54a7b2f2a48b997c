import DeviceFixtures
import Glibc
import SortieDevices
import SortieStatistics
import SortieVirtio
import Synchronization
import Testing

/// A host's end that takes as much as the test says.
private final class FakeTerminal: SerialBackend {
  private struct State {
    var text: [UInt8] = []
    var room = Int.max
  }
  private let state = Mutex(State())
  let ready = Signals()

  func transmit(_ byte: UInt8) -> Bool {
    state.withLock { state in
      guard state.room > 0 else { return false }
      state.room -= 1
      state.text.append(byte)
      return true
    }
  }

  func receiveReady() { ready.signal() }

  var text: [UInt8] { state.withLock(\.text) }
  func setRoom(_ room: Int) { state.withLock { $0.room = room } }
}

@Suite struct VirtioConsoleTests {
  private let ram = TestRAM(lowBytes: 0x40000)
  private let terminal = FakeTerminal()
  private let interrupts = RecordingInterrupts()
  private let receive: MockDriver
  private let transmit: MockDriver
  private let console: VirtioConsole

  init() throws {
    receive = MockDriver(ram: ram, size: 8, index: 0, address: 0x1000)
    transmit = MockDriver(ram: ram, size: 8, index: 1, address: 0x3000)
    console = VirtioConsole(
      name: "console0", backend: terminal, columns: 132, rows: 43, memory: ram.ram,
      thread: try IOThread(name: "io"))
  }

  private func start() throws(VirtioFault) {
    try console.start([receive.setup, transmit.setup], features: .version1, interrupts: interrupts)
  }

  private func type(_ bytes: [UInt8]) -> Int { bytes.withUnsafeBytes { console.receive($0) } }

  private func write(_ bytes: [UInt8], offset: Int) {
    bytes.withUnsafeBytes { console.writeConfiguration(offset: offset, from: $0) }
  }

  @Test func whatTheGuestWritesComesOutInItsOrder() throws {
    try start()
    ram.store(Array("hello, world".utf8), at: 0x10000)
    transmit.add([.readable(0x10000, 5), .readable(0x10005, 2)])
    transmit.add([.readable(0x10007, 5), .writable(0x11000, 5)])
    transmit.kick()
    #expect(interrupts.used.wait(for: 1))
    #expect(terminal.text == Array("hello, world".utf8))
    #expect(transmit.takeUsed().map(\.written) == [0, 0])
    console.stop()
  }

  @Test func outputWaitsWhileTheHostTakesNone() throws {
    let text = frame(3000)
    ram.store(text, at: 0x10000)
    terminal.setRoom(1000)
    try start()
    transmit.add([.readable(0x10000, 1500), .readable(0x10000 + 1500, 1500)])
    transmit.kick()
    for _ in 0..<1000 where terminal.text.count < 1000 { usleep(1000) }
    #expect(transmit.usedIndex == 0)
    terminal.setRoom(.max)
    console.transmitReady()
    #expect(interrupts.used.wait(for: 1))
    #expect(terminal.text == text)
    console.stop()
  }

  @Test func inputComesInTheBuffersThatThereAre() throws {
    #expect(type(Array("before ".utf8)) == 7, "also before the driver starts")
    try start()
    receive.add([.writable(0x10000, 4)])
    receive.add([.writable(0x11000, 100)])
    receive.kick()
    #expect(interrupts.used.wait(for: 1))
    #expect(receive.takeUsed().map(\.written) == [4, 3])
    #expect(ram.load(count: 4, at: 0x10000) + ram.load(count: 3, at: 0x11000) == Array("before ".utf8))
    receive.add([.writable(0x12000, 100)])
    receive.kick()
    let before = interrupts.used.count
    #expect(type(Array("later".utf8)) == 5)
    #expect(interrupts.used.wait(for: before + 1))
    #expect(ram.load(count: 5, at: 0x12000) == Array("later".utf8))
    console.stop()
  }

  @Test func aFullInputQueueRefusesAndSaysWhenHalfIsFree() throws {
    let capacity = VirtioConsole.inputQueueCapacity
    let bytes = frame(capacity + 5)
    #expect(type(bytes) == capacity)
    #expect(type([1]) == 0)
    try start()
    receive.add([.writable(0x10000, capacity / 2 - 1)])
    receive.kick()
    #expect(interrupts.used.wait(for: 1))
    #expect(terminal.ready.count == 0)
    receive.add([.writable(0x20000, 1)])
    receive.kick()
    #expect(interrupts.used.wait(for: 2))
    #expect(terminal.ready.count == 1)
    #expect(ram.load(count: capacity / 2 - 1, at: 0x10000) == Array(bytes.prefix(capacity / 2 - 1)))
    console.stop()
  }

  @Test func aReceiveBufferWithoutRoomStopsTheDevice() throws {
    try start()
    receive.add([.readable(0x10000, 5)])
    receive.kick()
    #expect(interrupts.faults.wait(for: 1))
    console.stop()
  }

  @Test func theConfigurationHasTheSizeAndTellsOfAnother() throws {
    func read(_ offset: Int, _ count: Int) -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: count)
      bytes.withUnsafeMutableBytes { console.readConfiguration(offset: offset, into: $0) }
      return bytes
    }
    #expect(console.features.contains(.consoleSize))
    #expect(read(0, 14) == [132, 0, 43, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff])
    try start()
    console.resize(columns: 300, rows: 20)
    #expect(interrupts.changes.count == 1)
    #expect(read(0, 4) == [0x2c, 1, 20, 0])
    console.stop()
    console.resize(columns: 1, rows: 1)
    #expect(interrupts.changes.count == 1)
  }

  @Test func anEmergencyWriteNeedsNoQueue() {
    write([0x41, 0, 0, 0], offset: 8)
    write([0x42], offset: 8)
    write([0x43, 0], offset: 0)
    write([0x44], offset: 9)
    write([], offset: 8)
    #expect(terminal.text == [0x41, 0x42])
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func anyDescriptorsEndInAReasonOrInText(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    try console.start(
      [receive.setup, transmit.setup],
      features: VirtioFeatures(rawValue: .random(in: 0...(.max), using: &random)), interrupts: interrupts)
    for _ in 0..<200 {
      let driver = Bool.random(using: &random) ? receive : transmit
      for index in 0..<driver.setup.size where Bool.random(using: &random) {
        driver.setDescriptor(
          index, address: .random(in: 0..<0x41000, using: &random),
          count: .random(in: 0..<3000, using: &random), flags: .random(in: 0..<8, using: &random),
          next: .random(in: 0..<9, using: &random))
      }
      driver.makeAvailable(.random(in: 0..<9, using: &random))
      driver.kick()
      _ = type(frame(.random(in: 0...100, using: &random)))
      console.transmitReady()
    }
    console.stop()
    let used = (receive.usedIndex, transmit.usedIndex)
    receive.kick()
    transmit.kick()
    _ = type([1])
    usleep(1000)
    #expect((receive.usedIndex, transmit.usedIndex) == used, "nothing moves after the stop")
  }
}
