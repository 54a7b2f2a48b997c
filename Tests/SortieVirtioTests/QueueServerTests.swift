import DeviceFixtures
import SortieDevices
import SortieVirtio
import Testing

@Suite struct QueueServerTests {
  private let driver = MockDriver(ram: TestRAM(lowBytes: 0x10000), size: 8)
  private let interrupts = RecordingInterrupts()
  private let thread: IOThread

  init() throws { thread = try IOThread(name: "io") }

  private func start(
    features: VirtioFeatures = [], handler: @escaping QueueServer.Handler = { chain throws(VirtioFault) in 7 }
  ) throws -> QueueServer {
    try QueueServer.start(
      driver.setup, maximumSize: 8, features: features, memory: driver.ram.ram, thread: thread,
      interrupts: interrupts, handler: handler)
  }

  @Test func whatWasAvailableBeforeTheStartIsServedWithoutAKick() throws {
    let heads = (0..<3).map { _ in driver.add([.writable(0x8000, 16)]) }
    let server = try start()
    #expect(interrupts.used.wait(for: 1))
    #expect(driver.takeUsed() == heads.map { MockDriver.Used(id: UInt32($0), written: 7) })
    server.stop()
    #expect(interrupts.used.count == 1, "one interrupt for the batch")
  }

  @Test(arguments: [[], VirtioFeatures.eventIndex])
  func eachKickIsServedAndNoneAfterTheStop(features: VirtioFeatures) throws {
    let server = try start(features: features)
    for round in 1...20 {
      driver.setUsedEvent(driver.usedIndex)
      driver.add([.writable(0x8000, 16)])
      driver.kick()
      #expect(interrupts.used.wait(for: round))
      #expect(driver.takeUsed().count == 1)
    }
    server.stop()
    driver.add([.writable(0x8000, 16)])
    driver.kick()
    server.stop()
    #expect(driver.takeUsed().isEmpty)
  }

  @Test func aFaultStopsTheQueueAndTellsOfWhatWasDone() throws {
    driver.add([.writable(0x8000, 16)])
    driver.add([.writable(0x8000, 0)])
    let server = try start()
    #expect(interrupts.faults.wait(for: 1))
    #expect(interrupts.fault == .emptyBuffer(queue: 0, address: 0x8000))
    #expect(interrupts.used.count == 1)
    driver.kick()
    server.stop()
    #expect(interrupts.faults.count == 1)
    #expect(driver.takeUsed().count == 1)
  }

  @Test func aStormOfKicksForNothingKeepsNoOtherQueueWaiting() throws {
    let served = Signals()
    let stormed = try start { _ throws(VirtioFault) in
      served.signal()
      return 0
    }
    let other = MockDriver(ram: driver.ram, size: 8, address: 0x4000)
    let others = RecordingInterrupts()
    let server = try QueueServer.start(
      other.setup, maximumSize: 8, features: [], memory: driver.ram.ram, thread: thread, interrupts: others,
      handler: { _ throws(VirtioFault) in 7 })
    let (driver, isOver, kicks) = (driver, Signals(), Signals())
    Task.detached {
      while isOver.count == 0 {
        driver.kick()
        kicks.signal()
      }
    }
    for round in 1...200 {
      other.add([.writable(0x8000, 16)])
      other.kick()
      #expect(others.used.wait(for: round))
      #expect(other.takeUsed().count == 1)
    }
    isOver.signal()
    #expect(kicks.count > 1000 && served.count == 0 && interrupts.used.count == 0)
    #expect(interrupts.faults.count == 0)
    // It serves as before.
    driver.add([.writable(0x8000, 16)])
    driver.kick()
    #expect(served.wait(for: 1))
    stormed.stop()
    server.stop()
  }

  /// A driver that makes a chain available as soon as one is used keeps the queue busy for ever.
  @Test func aDriverThatIsNeverDoneDoesNotHinderTheStop() throws {
    let driver = driver
    let served = Signals()
    driver.setDescriptor(0, address: 0x8000, count: 1)
    driver.makeAvailable(0)
    let server = try start { _ throws(VirtioFault) in
      driver.makeAvailable(0)
      served.signal()
      return 0
    }
    #expect(served.wait(for: 100))
    server.stop()
    let count = served.count
    driver.kick()
    #expect(served.count == count)
  }
}
