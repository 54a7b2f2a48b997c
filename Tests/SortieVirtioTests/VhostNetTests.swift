import DeviceFixtures
import Glibc
import SortieDevices
import Synchronization
import Testing

@testable import SortieVirtio

/// A kernel that writes down what it is asked.
private final class FakeKernel: VhostCalls {
  private struct State {
    var requests: [VhostRequest] = []
    var refused: VhostRequest?
  }
  private let state = Mutex(State())
  let features: UInt64

  // Indirect descriptors, event index, version 1, mergeable buffers, and bits that only the kernel knows.
  init(features: UInt64 = 1 << 28 | 1 << 29 | 1 << 32 | 1 << 15 | 1 << 27 | 1 << 26) {
    self.features = features
  }

  func perform(_ request: VhostRequest) throws(HostError) -> UInt64 {
    let isRefused = state.withLock { state in
      state.requests.append(request)
      return state.refused == request
    }
    if isRefused { throw HostError(request.name, errno: EBUSY) }
    return request == .getFeatures ? features : 0
  }

  func refuse(_ request: VhostRequest) { state.withLock { $0.refused = request } }

  /// What was asked since the last call.
  func take() -> [VhostRequest] {
    state.withLock { state in
      defer { state.requests = [] }
      return state.requests
    }
  }
}

/// Interrupts that the kernel can raise, through descriptors that nobody opens.
private final class CallDescriptors: VirtioInterrupts {
  let recording = RecordingInterrupts()
  func usedBuffers(queue: Int) { recording.usedBuffers(queue: queue) }
  func configurationChanged() { recording.configurationChanged() }
  func needsReset(_ fault: VirtioFault) { recording.needsReset(fault) }
  func callDescriptor(queue: Int) -> Int32? { 700 + Int32(queue) }
}

@Suite struct VhostNetTests {
  private let kernel = FakeKernel()
  private let ram = TestRAM(lowBytes: 0x10000, highBytes: 0x2000)
  private let interrupts = CallDescriptors()
  private let receive: MockDriver
  private let transmit: MockDriver
  private let device: VhostNet

  init() throws {
    receive = MockDriver(ram: ram, size: 8, index: 0, address: 0x1000)
    transmit = MockDriver(ram: ram, size: 16, index: 1, address: GuestRAM.highStart)
    device = try Self.device(kernel, ram)
  }

  private static func device(_ kernel: FakeKernel, _ ram: TestRAM) throws -> VhostNet {
    let mac = try #require(MACAddress("02:00:00:00:00:07"))
    return try VhostNet(
      name: "net0", mac: mac, backend: FakeNetBackend(), tapDescriptor: 600, memory: ram.ram,
      thread: IOThread(name: "io"), calls: kernel)
  }

  private func start(_ features: VirtioFeatures = [.version1, .eventIndex, .netMAC, .netMergeableBuffers])
    throws(VirtioFault)
  {
    try device.start([receive.setup, transmit.setup], features: features, interrupts: interrupts)
  }

  private static func setsError(_ request: VhostRequest) -> Bool {
    if case .setRingError = request { true } else { false }
  }

  @Test func theOwnerComesBeforeAllElse() {
    #expect(kernel.take() == [.setOwner, .getFeatures])
  }

  @Test func theKernelLearnsOfMemoryAndRingsBeforeTheBackend() throws {
    _ = kernel.take()
    try start()
    let host = UInt64(UInt(bitPattern: ram.ram.base))
    var requests = kernel.take()
    let errors = requests.filter(Self.setsError)
    #expect(errors.count == 2)
    requests.removeAll(where: Self.setsError)
    let expected: [VhostRequest] = [
      // Not the card's address, which the kernel knows nothing of.
      .setFeatures(1 << 32 | 1 << 29 | 1 << 15),
      .setMemoryTable([
        .init(guestAddress: 0, byteCount: 0x10000, hostAddress: host),
        .init(guestAddress: 1 << 32, byteCount: 0x2000, hostAddress: host + 0x10000),
      ]),
      .setRingSize(queue: 0, size: 8), .setRingBase(queue: 0, base: 0),
      .setRingAddresses(
        queue: 0, descriptors: host + 0x1000, used: host + receive.setup.used,
        available: host + receive.setup.available),
      .setRingCall(queue: 0, descriptor: 700), .setRingKick(queue: 0, descriptor: receive.setup.kick),
      .setRingSize(queue: 1, size: 16), .setRingBase(queue: 1, base: 0),
      .setRingAddresses(
        queue: 1, descriptors: host + 0x10000,
        used: host + 0x10000 + transmit.setup.used - GuestRAM.highStart,
        available: host + 0x10000 + transmit.setup.available - GuestRAM.highStart),
      .setRingCall(queue: 1, descriptor: 701), .setRingKick(queue: 1, descriptor: transmit.setup.kick),
      .setBackend(queue: 0, descriptor: 600), .setBackend(queue: 1, descriptor: 600),
    ]
    #expect(requests == expected)
  }

  @Test func theStopTakesTheBackendOffFirstAndAllDescriptorsWithIt() throws {
    try start()
    _ = kernel.take()
    device.stop()
    let ending = (0..<2).flatMap { queue -> [VhostRequest] in
      [
        .setBackend(queue: queue, descriptor: -1), .getRingBase(queue: queue),
        .setRingKick(queue: queue, descriptor: -1), .setRingCall(queue: queue, descriptor: -1),
        .setRingError(queue: queue, descriptor: -1),
      ]
    }
    #expect(kernel.take() == ending)
    device.stop()
    #expect(kernel.take().isEmpty)
  }

  @Test func anErrorOfTheKernelsStopsTheDevice() throws {
    try start()
    for case .setRingError(0, let descriptor) in kernel.take() {
      var one: UInt64 = 1
      _ = write(descriptor, &one, 8)
    }
    #expect(interrupts.recording.faults.wait(for: 1))
    device.stop()
  }

  @Test func aRingOutsideMemoryNeverReachesTheKernel() throws {
    _ = kernel.take()
    var setup = transmit.setup
    setup.used = 0xfffc
    #expect(throws: VirtioFault.queueOutsideMemory(queue: 1, part: .used, address: 0xfffc)) {
      try device.start([receive.setup, setup], features: .version1, interrupts: interrupts)
    }
    #expect(kernel.take().isEmpty)
  }

  @Test func aRefusalIsNamedAndUndone() throws {
    kernel.refuse(.setBackend(queue: 1, descriptor: 600))
    let fault = #expect(throws: VirtioFault.self) { try start() }
    #expect(fault.map { "\($0)" }?.hasPrefix("VHOST_NET_SET_BACKEND: ") == true)
    #expect(kernel.take().contains(.setBackend(queue: 0, descriptor: -1)))
  }

  /// A driver that uses the pin: its level and the ISR status are not the kernel's.
  @Test func withoutAVectorTheKernelsSignalsBecomeInterruptsHere() throws {
    _ = kernel.take()
    let pin = RecordingInterrupts()
    try device.start([receive.setup, transmit.setup], features: .version1, interrupts: pin)
    var calls: [Int32] = []
    for case .setRingCall(_, let descriptor) in kernel.take() { calls.append(descriptor) }
    #expect(calls.count == 2 && Set(calls).count == 2)
    var one: UInt64 = 1
    for call in calls { _ = write(call, &one, 8) }
    #expect(pin.used.wait(for: 2))
    device.stop()
    for call in calls { _ = write(call, &one, 8) }
    try device.start([receive.setup], features: .version1, interrupts: pin)
    device.stop()
    #expect(pin.used.count == 2, "what was signalled to the driver before is not the next one's")
  }

  @Test func onlyWhatTheKernelCanIsOffered() throws {
    #expect(device.features.contains([.netMAC, .netStatus, .netMTU, .netMergeableBuffers]))
    let older = try Self.device(FakeKernel(features: 1 << 28 | 1 << 29 | 1 << 32), ram)
    #expect(!older.features.contains(.netMergeableBuffers))
    let error = #expect(throws: HostError.self) { try Self.device(FakeKernel(features: 1 << 28), ram) }
    #expect(error?.errno == EOPNOTSUPP)
  }
}
