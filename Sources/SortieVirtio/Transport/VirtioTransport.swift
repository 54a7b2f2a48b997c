internal import SortieDevices
import Synchronization

/// What all transports have in common: a device with the registers that its driver sets it up with. The
/// transport maps them to addresses and brings interrupts to the driver.
///
/// vCPU threads call it. A driver that resets a device waits here until the device's threads have let go of
/// its memory, as section 2.4 has it: the device is reset when the status reads 0.
final class VirtioTransport: Sendable {
  let device: any VirtioDevice
  let kicks: QueueSignals
  let condition: VirtioCondition

  private let offered: VirtioFeatures
  private let registers: Mutex<VirtioDriverRegisters>

  /// A transport for `device`, which offers `features` beside the device's own and VIRTIO_F_VERSION_1.
  ///
  /// - Throws: ``HostError`` when the host has no descriptors left.
  init(
    _ device: any VirtioDevice, features: VirtioFeatures, interrupts: any VirtioTransportInterrupts
  ) throws(HostError) {
    self.device = device
    let queueSizes = device.queueSizes
    kicks = try QueueSignals(count: queueSizes.count)
    condition = VirtioCondition(interrupts)
    offered = device.features.union(features).union(.version1)
    registers = Mutex(VirtioDriverRegisters(offered: offered, queueSizes: queueSizes))
  }

  deinit { device.stop() }

  var queueCount: Int { kicks.descriptors.count }

  /// The status as the driver sees it.
  var status: VirtioStatus {
    let ofDriver = registers.withLock { $0.status }
    return condition.needsReset ? ofDriver.union(.needsReset) : ofDriver
  }

  /// Reads or writes all registers but the status.
  func withRegisters<Result>(_ body: (inout VirtioDriverRegisters) -> Result) -> Result {
    registers.withLock { body(&$0) }
  }

  /// The driver writes the status: starts the device, or resets it and waits until it has stopped.
  func writeStatus(_ value: UInt8) {
    registers.withLock { registers in
      switch registers.writeStatus(value) {
      case .none: break
      case .start: start(registers)
      case .reset:
        device.stop()
        condition.reset()
        registers = VirtioDriverRegisters(offered: offered, queueSizes: device.queueSizes)
      }
    }
  }

  /// The machine ends: nothing of the device touches guest memory any more.
  func stop() {
    registers.withLock { _ in device.stop() }
  }

  private func start(_ registers: VirtioDriverRegisters) {
    var setups: [VirtioQueueSetup] = []
    for (index, queue) in registers.queues.enumerated() where queue.isEnabled {
      setups.append(
        VirtioQueueSetup(
          index: index, size: queue.size, descriptors: queue.descriptors, available: queue.available,
          used: queue.used, kick: kicks.descriptors[index]))
    }
    do throws(VirtioFault) {
      try device.start(setups, features: registers.accepted, interrupts: condition)
    } catch {
      condition.needsReset(error)
    }
  }
}
