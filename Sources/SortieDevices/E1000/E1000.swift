import Synchronization

/// The Intel 82540EM gigabit Ethernet card (PRO/1000 MT Desktop) as a PCI function, whose frames an I/O thread passes to
/// and from a ``NetBackend``.
///
/// Source: Intel, *PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual*, 317453-006. What a
/// driver sees that differs from a card: the link is up as soon as both ends are there; frames wait in the host while the
/// driver has no buffers; the delays of single interrupts are zero, while the throttle of all of them (ITR) is kept;
/// there is no power management, no wake-up and no message signalled interrupt.
public final class E1000: PCIFunction {
  // Base address registers (section 4.1), the ports in one of 64 bytes (section 13.2.1.1).
  private static let memoryBAR = 0
  private static let portBAR = 1
  private static let portCount: UInt64 = 64
  private static let addressPort: UInt64 = 0  // IOADDR
  private static let addressBits: UInt32 = 0xf_ffff
  private static let dataPort: UInt64 = 4  // IODATA

  private static let identity = PCIIdentity(
    vendor: 0x8086, device: 0x100e, revision: 2, classCode: 0x02_0000, subsystemVendor: 0x8086,
    subsystem: 0x001e)

  private struct Registrations {
    var kick: IORegistration
    var poll: IORegistration
  }

  /// What reports call the device.
  public let name: String
  /// Header and interrupt pin.
  public let registers: PCIRegisters

  /// The registers, and what the I/O thread does with them.
  let core: E1000Core
  let worker: E1000Worker
  private let thread: IOThread
  private let registrations = Mutex<Registrations?>(nil)
  // The register that the data port leads to.
  private let address = Atomic<UInt32>(0)

  /// A card with the address `mac` at the end of `backend`'s cable, which drives INTA.
  ///
  /// - Parameters:
  ///   - thread: where frames are passed; the backend belongs to it from now on.
  ///   - line: what the interrupt line register reads: where the pin leads.
  /// - Throws: ``HostError`` when the host has no descriptor left, or the thread cannot wait for the backend.
  public init(
    name: String, backend: any NetBackend, mac: MACAddress, memory: GuestRAM, thread: IOThread,
    timers: any TimerService, interrupts: any FunctionInterrupts, line: UInt8 = 0
  ) throws(HostError) {
    self.name = name
    self.thread = thread
    let registers = PCIRegisters(
      Self.identity,
      bars: [
        PCIBAR(Self.memoryBAR, .memory32, size: UInt64(E1000Register.byteCount), name: name),
        PCIBAR(Self.portBAR, .ports, size: Self.portCount, name: name + "-ports"),
      ], pin: 1, line: line, interrupts: interrupts)
    let core = try E1000Core(
      eeprom: MicrowireEEPROM(mac: mac, identity: Self.identity), pin: registers, timers: timers)
    let worker = E1000Worker(core: core, backend: backend, memory: memory)
    self.registers = registers
    self.core = core
    self.worker = worker
    // The thread keeps the worker until ``stop()``.
    let kick = try thread.add(core.kick.descriptor, events: [.readable, .edgeTriggered]) { _ in worker.serve()
    }
    do {
      let poll = try thread.add(backend.pollDescriptor, events: [.readable, .edgeTriggered]) { _ in
        worker.backendIsReady()
      }
      registrations.withLock { $0 = Registrations(kick: kick, poll: poll) }
    } catch {
      thread.remove(kick)
      throw error
    }
  }

  deinit { stop() }

  /// The machine ends: when this returns nothing of the device touches guest memory. The caller holds no lock that an
  /// interrupt takes.
  public func stop() {
    worker.stop()
    guard let added = registrations.withLock({ $0.take() }) else { return }
    thread.remove(added.poll)
    thread.remove(added.kick)
  }

  // MARK: Registers

  /// Reads registers.
  public func readBAR(_ bar: Int, offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    guard bar == Self.portBAR else { return core.read(at: offset, into: bytes) }
    var done = 0
    while done < bytes.count {
      let port = offset + UInt64(done)
      let end = min(done + 4 - Int(port % 4), bytes.count)
      readPorts(port, into: UnsafeMutableRawBufferPointer(rebasing: bytes[done..<end]))
      done = end
    }
  }

  /// Reads a port register or a part of it: a read of any size is one of the whole (sections 13.2.1.2.1 and 13.2.1.2.2).
  private func readPorts(_ port: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    let address = address.load(ordering: .relaxed)
    let place = port % 4
    switch port - place {
    case Self.addressPort:
      for index in bytes.indices {
        bytes[index] = UInt8(truncatingIfNeeded: address >> (8 * (UInt32(place) + UInt32(index))))
      }
    case Self.dataPort: core.read(at: UInt64(address & ~3) + place, into: bytes)
    default: for index in bytes.indices { bytes[index] = 0xff }
    }
  }

  /// Writes registers, through the ports with an access of 32 bits only.
  public func writeBAR(_ bar: Int, offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect {
    guard bar == Self.portBAR else {
      core.write(at: offset, from: bytes)
      return .none
    }
    switch (offset, bytes.count) {
    case (Self.addressPort, 4):
      let value = UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
      address.store(value & Self.addressBits, ordering: .relaxed)
    case (Self.dataPort, 4): core.write(at: UInt64(address.load(ordering: .relaxed) & ~3), from: bytes)
    default: break
    }
    return .none
  }

  // MARK: Configuration space

  /// Writes configuration space. A driver that takes bus mastering away, as a kernel that starts another does, ends all
  /// access to memory.
  public func writeConfiguration(offset: Int, from bytes: UnsafeRawBufferPointer) {
    registers.write(offset: offset, from: bytes)
    core.change { [registers] state in state.setBusMaster(registers.isBusMaster) }
  }
}
