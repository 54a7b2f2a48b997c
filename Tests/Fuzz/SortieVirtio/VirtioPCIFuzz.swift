import SortieDevices

/// A driver without manners. Input: 8 bytes an access: operation and width, 2 bytes of an offset in the
/// register, 4 of a value.
func fuzzVirtioPCI(_ bytes: UnsafeRawBufferPointer) {
  let device = FuzzDevice()
  guard let function = try? VirtioPCIFunction(device, interrupts: FuzzInterrupts()) else { return }
  defer { function.stop() }
  let access = function.registers.capabilityOffsets.last ?? 0
  var data: (UInt64, UInt64) = (0, 0)
  // What a driver stops in taking bus mastering away runs again after a reset only.
  var isMaster = false
  var isStopped = false
  for start in stride(from: 0, to: bytes.count - 7, by: 8) {
    let offset = UInt64(bytes[start + 2]) | UInt64(bytes[start + 3] & 0x7f) << 8
    data.0 = UInt64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: start + 4, as: UInt32.self)))
    data.0 |= data.0 << 32
    withUnsafeMutableBytes(of: &data) { buffer in
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(Int(bytes[start + 1] & 15) + 1)])
      switch bytes[start] & 7 {
      case 0: function.readBAR(0, offset: offset, into: part)
      case 1:
        function.writeConfiguration(offset: access + Int(offset & 31), from: UnsafeRawBufferPointer(part))
      case 2: function.readConfiguration(offset: Int(offset & 0xff), into: part)
      case 3: function.writeConfiguration(offset: Int(offset & 0xff), from: UnsafeRawBufferPointer(part))
      case 4: device.interrupts?.usedBuffers(queue: Int(offset & 3))
      case 5: device.interrupts?.configurationChanged()
      default:
        precondition(function.writeBAR(0, offset: offset, from: UnsafeRawBufferPointer(part)) == .none)
      }
    }
    let status = function.status
    let wasMaster = isMaster
    isMaster = function.registers.isBusMaster
    isStopped = status.contains(.driverOK) && (isStopped || wasMaster && !isMaster)
    precondition(device.isRunning == (status.contains(.driverOK) && !isStopped))
    precondition(!status.contains(.driverOK) || status.contains(.featuresOK))
  }
}

/// libFuzzer calls on one thread.
private final class FuzzDevice: VirtioDevice, @unchecked Sendable {
  let name = "fuzz"
  let type = VirtioDeviceType.block
  let features = VirtioFeatures(bit: 5)
  let queueSizes: [UInt16] = [256, 64]
  var isRunning = false
  var interrupts: (any VirtioInterrupts)?

  func readConfiguration(offset: Int, into bytes: UnsafeMutableRawBufferPointer) {
    precondition((0..<4096).contains(offset))
    for index in bytes.indices { bytes[index] = 0xff }
  }

  func writeConfiguration(offset: Int, from bytes: UnsafeRawBufferPointer) {
    precondition((0..<4096).contains(offset))
  }

  func start(
    _ queues: [VirtioQueueSetup], features: VirtioFeatures, interrupts: any VirtioInterrupts
  ) throws(VirtioFault) {
    precondition(!isRunning && features.contains(.version1))
    precondition(queues.count <= queueSizes.count)
    isRunning = true
    self.interrupts = interrupts
  }

  func stop() {
    isRunning = false
    interrupts = nil
  }
}

private final class FuzzInterrupts: FunctionInterrupts, @unchecked Sendable {
  private var level = false

  func route(vector: Int, to message: MSIMessage?) { precondition((0...2).contains(vector)) }
  func send(vector: Int) { precondition((0...2).contains(vector)) }
  func descriptor(vector: Int) -> Int32? { nil }

  func setPin(level: Bool) {
    precondition(self.level != level)
    self.level = level
  }
}
