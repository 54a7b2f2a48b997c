import SortieDevices
import Synchronization

/// An interrupt controller's pin that remembers every call.
final class RecordingLine: InterruptLine {
  private let calls = Mutex<[Bool]>([])

  func set(level: Bool) { calls.withLock { $0.append(level) } }

  var levels: [Bool] { calls.withLock { $0 } }
  var level: Bool { levels.last ?? false }
  var risingEdges: Int { levels.count { $0 } }
  /// A device calls only when the level changes, and it starts low.
  var alternates: Bool { levels.enumerated().allSatisfy { $1 == ($0 % 2 == 0) } }
}

/// A far end that takes `room` bytes.
final class RecordingBackend: SerialBackend {
  private struct State {
    var sent: [UInt8] = []
    var room: Int
    var readyCalls = 0
  }
  private let state: Mutex<State>

  init(room: Int = .max) { state = Mutex(State(room: room)) }

  func transmit(_ byte: UInt8) -> Bool {
    state.withLock {
      guard $0.room > 0 else { return false }
      $0.room -= 1
      $0.sent.append(byte)
      return true
    }
  }

  func receiveReady() { state.withLock { $0.readyCalls += 1 } }

  var sent: [UInt8] { state.withLock { $0.sent } }
  var readyCalls: Int { state.withLock { $0.readyCalls } }
  func makeRoom(_ room: Int) { state.withLock { $0.room = room } }
}

/// A UART between a line and a far end, with its registers by the names of the data sheet. Bits are written as
/// numbers, from the data sheet and not from the code under test.
struct SerialFixture {
  let line = RecordingLine()
  let backend: RecordingBackend
  let uart: UART16550

  init(room: Int = .max, modemInputs: ModemInputs = [.clearToSend, .dataSetReady, .carrierDetect]) {
    backend = RecordingBackend(room: room)
    uart = UART16550(name: "uart0", line: line, backend: backend, modemInputs: modemInputs)
  }

  private func load(_ register: UInt64) -> UInt8 { uart.read(register, count: 1)[0] }
  private func store(_ register: UInt64, _ value: UInt8) { uart.write(register, [value]) }

  /// RBR and THR; DLL with DLAB.
  var data: UInt8 {
    get { load(0) }
    nonmutating set { store(0, newValue) }
  }
  /// IER; DLM with DLAB.
  var ier: UInt8 {
    get { load(1) }
    nonmutating set { store(1, newValue) }
  }
  var iir: UInt8 { load(2) }
  func fcr(_ value: UInt8) { store(2, value) }
  var lcr: UInt8 {
    get { load(3) }
    nonmutating set { store(3, newValue) }
  }
  var mcr: UInt8 {
    get { load(4) }
    nonmutating set { store(4, newValue) }
  }
  var lsr: UInt8 {
    get { load(5) }
    nonmutating set { store(5, newValue) }
  }
  var msr: UInt8 {
    get { load(6) }
    nonmutating set { store(6, newValue) }
  }
  var scr: UInt8 {
    get { load(7) }
    nonmutating set { store(7, newValue) }
  }

  @discardableResult
  func receive(_ bytes: [UInt8]) -> Int { bytes.withUnsafeBytes { uart.receive($0) } }

  /// OUT2: connects the interrupt to the line of a PC.
  func connectInterrupt() { mcr = 0x08 }
}
