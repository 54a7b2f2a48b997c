import Synchronization

/// One of the two cables of an ``IDEController``: the command block at offset 0, and the device control register at
/// ``controlOffset``, where a ``DeviceWindow`` puts it. The registers are ``ChannelState``; this class adds the lock and
/// the disks, which an I/O thread reads and writes without it.
final class IDEChannel: Device {
  /// Ports of the command block.
  static let commandBlockCount: UInt64 = 8
  /// Where the device control register lies.
  static let controlOffset = UInt64(ChannelState.controlRegister)

  let name: String
  /// What calls the I/O thread.
  let kick: IOSignal

  private let disks: [(any BlockBackend)?]
  private let memory: GuestRAM
  private let function: PCIRegisters
  private let thread: IOThread
  private let buffer = TransferBuffer()
  private let state: Mutex<ChannelState>
  private let registration = Mutex<IORegistration?>(nil)
  private let isStopping = Atomic<Bool>(false)

  /// A channel with up to two devices, which work from ``begin()`` on.
  ///
  /// - Parameters:
  ///   - line: up while the selected device asks for an interrupt.
  ///   - function: what says whether the bus master may be one.
  /// - Throws: ``HostError`` when the host has no descriptor left.
  init(
    name: String, _ first: IDEDisk?, _ second: IDEDisk?, line: any InterruptLine, memory: GuestRAM,
    function: PCIRegisters, thread: IOThread
  ) throws(HostError) {
    do throws(HostError) { kick = try IOSignal("eventfd") } catch {
      buffer.deallocate()
      throw error
    }
    self.name = name
    disks = [first?.backend, second?.backend]
    self.memory = memory
    self.function = function
    self.thread = thread
    state = Mutex(ChannelState(first, second, buffer: buffer, line: line))
  }

  deinit { buffer.deallocate() }

  // MARK: The guest

  /// Reads the data port, as many bytes as the access has, or a register a byte.
  func read(offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    access { state in
      guard offset != UInt64(ATARegister.data) else { return state.readData(into: bytes) }
      ByteRegisters.read(offset: offset, into: bytes, count: ChannelState.registerCount) { state.read($0) }
    }
  }

  /// Writes the data port or registers. No effect on the machine.
  func write(offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect {
    access { state in
      guard offset != UInt64(ATARegister.data) else { return state.writeData(from: bytes) }
      _ = ByteRegisters.write(offset: offset, from: bytes, count: ChannelState.registerCount) {
        state.write($0, $1)
        return .none
      }
    }
    return .none
  }

  /// All elements at once, for at the data port they are one stream of bytes.
  func readString(offset: UInt64, elementSize: Int, into bytes: UnsafeMutableRawBufferPointer) {
    guard offset != UInt64(ATARegister.data) else { return read(offset: offset, into: bytes) }
    forEachElement(of: bytes.count, elementSize: elementSize) { element in
      read(offset: offset, into: UnsafeMutableRawBufferPointer(rebasing: bytes[element]))
      return .none
    }
  }

  /// All elements at once, for at the data port they are one stream of bytes.
  func writeString(offset: UInt64, elementSize: Int, from bytes: UnsafeRawBufferPointer) -> DeviceEffect {
    guard offset != UInt64(ATARegister.data) else { return write(offset: offset, from: bytes) }
    return forEachElement(of: bytes.count, elementSize: elementSize) { element in
      write(offset: offset, from: UnsafeRawBufferPointer(rebasing: bytes[element]))
    }
  }

  /// A port of the bus master.
  func readBusMaster(_ register: UInt8) -> UInt8 { state.withLock { $0.busMaster.read(register) } }

  func writeBusMaster(_ register: UInt8, _ value: UInt8) {
    access { $0.writeBusMaster(register, value) }
  }

  /// The function may not master the bus any more: when this returns nothing here touches guest memory.
  func settle() { state.withLock { _ in } }

  /// Calls `body` with the registers, and wakes the I/O thread if there is something for it to do.
  @inline(__always)
  private func access(_ body: (inout ChannelState) -> Void) {
    let mustWake = state.withLock { state in
      body(&state)
      return state.takeWake()
    }
    if mustWake { kick.send() }
  }

  // MARK: The disks

  /// Serves the devices from now on.
  ///
  /// - Throws: ``HostError`` when the thread cannot wait for the channel.
  func begin() throws(HostError) {
    // The thread keeps the channel until ``stop()``.
    let added = try thread.add(kick.descriptor, events: [.readable, .edgeTriggered]) { _ in self.serve() }
    registration.withLock { $0 = added }
  }

  /// Serves no more: when this returns nothing touches a disk, guest memory or the line, unless the guest still runs.
  func stop() {
    // A long command is not waited for, but the job that is under way.
    isStopping.store(true, ordering: .releasing)
    guard let added = registration.withLock({ $0.take() }) else { return }
    thread.remove(added)
  }

  /// Does what there is to do; on the I/O thread only.
  func serve() {
    while !isStopping.load(ordering: .acquiring) {
      // The function is asked under the lock, for ``settle()``.
      let next = state.withLock { $0.nextJob(memory, isMaster: function.isBusMaster) }
      guard let job = next, let disk = disks[job.drive] else { return }
      let (sectors, error) = job.perform(on: disk, buffer)
      state.withLock { $0.finish(job, sectors: sectors, error: error) }
    }
  }
}
