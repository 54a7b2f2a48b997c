import SortieDevices
import Synchronization
import Testing

@Suite struct DirtyLogPortTests {
  /// A log that counts how often it was taken and holds as many pages; nothing after the third time.
  private final class Log: DirtyLog {
    let taken = Atomic<UInt32>(0)

    func take() -> UInt32? {
      let count = taken.add(1, ordering: .relaxed).newValue
      return count <= 3 ? count << 24 | count : nil
    }
  }

  @Test func aFourByteReadTakesTheLogAndGivesItsPages() {
    let port = DirtyLogPort(name: "dirty-log", log: Log())
    #expect(port.read(0, count: 4) == [1, 0, 0, 1])
    #expect(port.read(0, count: 4) == [2, 0, 0, 2])
    #expect(port.readString(0, elementSize: 4, count: 8) == [3, 0, 0, 3, 0xff, 0xff, 0xff, 0xff])
  }

  @Test func everyOtherAccessLeavesTheLogAlone() {
    let log = Log()
    let port = DirtyLogPort(name: "dirty-log", log: log)
    for count in [0, 1, 2, 3, 5, 8] {
      #expect(port.read(0, count: count) == [UInt8](repeating: 0xff, count: count))
    }
    #expect(port.read(1, count: 4) == [0xff, 0xff, 0xff, 0xff])
    #expect(port.write(0, [1, 2, 3, 4]) == .none)
    #expect(log.taken.load(ordering: .relaxed) == 0)
  }
}
