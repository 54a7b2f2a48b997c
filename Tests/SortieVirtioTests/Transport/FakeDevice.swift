import SortieVirtio
import Synchronization

/// A device that does nothing but remember what its transport asks of it. Its configuration is 8 bytes that
/// remember.
final class FakeDevice: VirtioDevice {
  struct Start {
    var queues: [VirtioQueueSetup]
    var features: VirtioFeatures
    var interrupts: any VirtioInterrupts
  }

  private struct State {
    var configuration = [UInt8](repeating: 0, count: 8)
    var starts: [Start] = []
    var isRunning = false
    var stops = 0
    var refusal: VirtioFault?
    var whileStopping: (@Sendable (any VirtioInterrupts) -> Void)?
  }

  let name = "virtio-fake0"
  let type = VirtioDeviceType.block
  let features = VirtioFeatures(bit: 5).union(VirtioFeatures(bit: 40))
  let queueSizes: [UInt16]
  private let state = Mutex(State())

  init(queueSizes: [UInt16] = [256, 64]) { self.queueSizes = queueSizes }

  var starts: [Start] { state.withLock { $0.starts } }
  var stops: Int { state.withLock { $0.stops } }
  var isRunning: Bool { state.withLock { $0.isRunning } }

  /// The next start fails with `fault`.
  func refuse(_ fault: VirtioFault) { state.withLock { $0.refusal = fault } }

  /// What a thread of the device does while it is being stopped.
  func whileStopping(_ body: @escaping @Sendable (any VirtioInterrupts) -> Void) {
    state.withLock { $0.whileStopping = body }
  }

  func readConfiguration(offset: Int, into bytes: UnsafeMutableRawBufferPointer) {
    state.withLock { state in
      for index in bytes.indices {
        let position = offset + index
        bytes[index] = state.configuration.indices.contains(position) ? state.configuration[position] : 0xff
      }
    }
  }

  func writeConfiguration(offset: Int, from bytes: UnsafeRawBufferPointer) {
    state.withLock { state in
      for index in bytes.indices where state.configuration.indices.contains(offset + index) {
        state.configuration[offset + index] = bytes[index]
      }
    }
  }

  func start(
    _ queues: [VirtioQueueSetup], features: VirtioFeatures, interrupts: any VirtioInterrupts
  ) throws(VirtioFault) {
    let refusal = state.withLock { state in
      defer { state.refusal = nil }
      state.starts.append(Start(queues: queues, features: features, interrupts: interrupts))
      state.isRunning = state.refusal == nil
      return state.refusal
    }
    if let refusal { throw refusal }
  }

  func stop() {
    let (running, body) = state.withLock { state in
      defer {
        state.isRunning = false
        state.stops += 1
      }
      return (state.starts.last?.interrupts, state.whileStopping)
    }
    if let running { body?(running) }
  }
}
