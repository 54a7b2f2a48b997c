import DeviceFixtures
import SortieDevices
import SortieVirtio
import Testing

/// A network card between a driver and a backend, with an I/O thread of its own.
final class NetFixture {
  static let headerBytes = 12

  let ram = TestRAM(lowBytes: 0x40000)
  let receive: MockDriver
  let transmit: MockDriver
  let interrupts = RecordingInterrupts()
  let thread: IOThread
  let device: VirtioNet

  init(backend: any NetBackend, size: UInt16 = 8) throws {
    let mac = try #require(MACAddress(bytes: [2, 0, 0, 0, 0, 7]))
    receive = MockDriver(ram: ram, size: size, index: 0, address: 0x1000)
    transmit = MockDriver(ram: ram, size: size, index: 1, address: 0x3000)
    thread = try IOThread(name: "io")
    device = VirtioNet(
      name: "net0", mac: mac, backend: backend, memory: ram.ram, thread: thread)
  }

  deinit { device.stop() }

  func start(_ features: VirtioFeatures = [.version1, .netMergeableBuffers]) throws {
    try device.start([receive.setup, transmit.setup], features: features, interrupts: interrupts)
  }

  /// Waits until the thread has done what it was told of so far.
  func settle() throws { try thread.settle() }

  /// Gives the device a frame to send, behind `header`, cut into buffers of these sizes and the rest.
  func send(_ frame: [UInt8], header: [UInt8] = [UInt8](repeating: 0, count: headerBytes), cuts: [Int] = []) {
    let bytes = header + frame
    ram.store(bytes, at: 0x10000)
    var buffers: [MockDriver.Buffer] = []
    var start = 0
    for cut in cuts + [bytes.count] where start < bytes.count {
      let count = min(cut, bytes.count - start)
      buffers.append(.readable(0x10000 + UInt64(start), count))
      start += count
    }
    transmit.add(buffers)
    transmit.kick()
  }

  /// What the driver reads of the configuration.
  func configuration(_ offset: Int, _ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    bytes.withUnsafeMutableBytes { device.readConfiguration(offset: offset, into: $0) }
    return bytes
  }
}

/// A frame of `count` bytes, others for another `seed`.
func frame(_ count: Int, seed: Int = 0) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ seed &* 31) }
}
