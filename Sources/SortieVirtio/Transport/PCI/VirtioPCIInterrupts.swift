internal import SortieDevices
import Synchronization

/// Interrupts of the PCI transport: vectors of MSI-X that the driver gives to queues and configuration, or
/// the ISR status and the pin (Virtual I/O Device Version 1.2, sections 4.1.4.5 and 4.1.5.1.2).
final class VirtioPCIInterrupts: VirtioTransportInterrupts {
  /// VIRTIO_MSI_NO_VECTOR.
  static let noVector = UInt16.max

  private static let queueInterrupt: UInt8 = 1 << 0
  private static let configurationInterrupt: UInt8 = 1 << 1

  private struct State {
    var status: UInt8 = 0
    var configurationVector = noVector
    var queueVectors: [UInt16]
  }

  private let registers: PCIRegisters
  private let vectorCount: Int
  private let state: Mutex<State>

  init(_ registers: PCIRegisters, queueCount: Int) {
    self.registers = registers
    vectorCount = registers.msix?.vectors ?? 0
    state = Mutex(State(queueVectors: [UInt16](repeating: Self.noVector, count: queueCount)))
  }

  // MARK: Registers

  /// The vector of configuration changes. One that the function does not have becomes ``noVector``.
  var configurationVector: UInt16 {
    get { state.withLock { $0.configurationVector } }
    set { state.withLock { $0.configurationVector = existing(newValue) } }
  }

  /// The vector of a queue. One that the function does not have becomes ``noVector``, and so reads that of a
  /// queue which is not there.
  subscript(queue: Int) -> UInt16 {
    get {
      state.withLock { $0.queueVectors.indices.contains(queue) ? $0.queueVectors[queue] : Self.noVector }
    }
    set {
      state.withLock { state in
        guard state.queueVectors.indices.contains(queue) else { return }
        state.queueVectors[queue] = existing(newValue)
      }
    }
  }

  private func existing(_ vector: UInt16) -> UInt16 { Int(vector) < vectorCount ? vector : Self.noVector }

  /// Reads the ISR status, which clears it and lets the pin fall.
  func takeStatus() -> UInt8 {
    state.withLock { state in
      defer { state.status = 0 }
      registers.setPin(level: false)
      return state.status
    }
  }

  // MARK: Interrupts

  func usedBuffers(queue: Int) {
    guard registers.messagesEnabled else { return set(Self.queueInterrupt) }
    send(self[queue])
  }

  func configurationChanged() {
    set(Self.configurationInterrupt)
    if registers.messagesEnabled { send(configurationVector) }
  }

  func callDescriptor(queue: Int) -> Int32? {
    let vector = self[queue]
    guard vector != Self.noVector, registers.messagesEnabled else { return nil }
    return registers.interrupts?.descriptor(vector: Int(vector))
  }

  func reset() {
    state.withLock { state in
      state = State(queueVectors: [UInt16](repeating: Self.noVector, count: state.queueVectors.count))
      registers.setPin(level: false)
    }
  }

  private func send(_ vector: UInt16) {
    if vector != Self.noVector { registers.raise(vector: Int(vector)) }
  }

  /// Sets a bit of the ISR status and raises the pin, which stays low while MSI-X is on.
  private func set(_ interrupt: UInt8) {
    state.withLock { state in
      state.status |= interrupt
      registers.setPin(level: true)
    }
  }
}
