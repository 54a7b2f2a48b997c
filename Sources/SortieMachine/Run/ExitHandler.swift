internal import CLinuxKVM
internal import SortieDevices
internal import SortieKVM
internal import SortieTrace

/// What the run loop does after an exit.
enum ExitOutcome {
  /// The guest goes on.
  case resume
  /// The guest is over, or cannot go on.
  case stop(RunEnd)
}

/// The exit handler: a function over an exit and a bus. It knows no `KVM_RUN`, so tests script the exits.
///
/// One per vCPU, used by its thread only. Nothing in it allocates.
struct ExitHandler: ~Copyable {
  private let bus: Bus
  /// The value of the MSR that is filtered to user space (`SORTIE_MSR_FILTERED`); MSRs are per vCPU.
  private(set) var filteredMSR: UInt64 = 0
  private let filteredMSRIndex: UInt32?
  private let ioapic: IOAPIC?

  /// A handler over `bus`; accesses to the MSR `filteredMSRIndex` are served, all others fault in the guest.
  /// `ioapic` is told of ended interrupts, where it is not KVM's.
  init(bus: Bus, filteredMSRIndex: UInt32?, ioapic: IOAPIC? = nil) {
    self.bus = bus
    self.ioapic = ioapic
    self.filteredMSRIndex = filteredMSRIndex
  }

  /// Handles `exit`, whose payload may point into the run page and is answered there, and fills in what `record` says
  /// of it: reason, what was accessed, the device's stamps `d0` and `d1`.
  @inline(__always)
  mutating func handle(_ exit: Exit, _ record: inout RoundTripRecord) -> ExitOutcome {
    switch exit {
    case .io(let io):
      record.address = UInt64(io.port)
      record.size = io.width
      record.count = io.count
      return access(io, &record)
    case .mmio(let mmio):
      record.address = mmio.address
      record.size = mmio.width
      record.count = 1
      return access(mmio, &record)
    case .readMSR(let msr):
      record.address = UInt64(msr.index)
      record.size = 8
      if msr.index == filteredMSRIndex { msr.data = filteredMSR }
      msr.setFault(msr.index != filteredMSRIndex)
      return .resume
    case .writeMSR(let msr):
      record.address = UInt64(msr.index)
      record.size = 8
      record.flags.insert(.write)
      if msr.index == filteredMSRIndex { filteredMSR = msr.data }
      msr.setFault(msr.index != filteredMSRIndex)
      return .resume
    case .ioapicEOI(let vector):
      record.address = UInt64(vector)
      record.d0 = sortie_rdtsc()
      ioapic?.endOfInterrupt(vector: vector)
      record.d1 = sortie_rdtsc()
      return .resume
    case .interrupt, .interruptWindowOpen, .setTPR:
      return .resume
    case .shutdown:
      return .stop(.tripleFault)
    case .halt:
      return .stop(.halted)
    case .systemEvent(let type, _):
      return .stop(.systemEvent(type: type))
    case .failEntry(let reason, _):
      return .stop(.entryFailed(hardwareReason: reason))
    case .internalError(let error):
      return .stop(.internalError(suberror: error.suberror, instruction: error.instructionBytes))
    default:
      return .stop(.unhandled(ExitReason(rawValue: record.reason)))
    }
  }

  /// Hands a write that KVM batched (KVM_REGISTER_COALESCED_MMIO) to its device and fills in `record`. No batched write
  /// can stop the machine: the debug exit lies in no coalesced zone.
  func handle(_ write: CoalescedWrite, _ record: inout RoundTripRecord) {
    let slot =
      write.isPIO
      ? bus.lookupPort(UInt16(truncatingIfNeeded: write.address)) : bus.lookupMemory(write.address)
    record.reason = (write.isPIO ? ExitReason.io : ExitReason.mmio).rawValue
    record.address = write.address
    record.size = write.width
    record.count = 1
    record.device = slot?.device ?? RoundTripRecord.noDevice
    record.flags.insert(.write)
    withUnsafeBytes(of: write.value.littleEndian) { value in
      let bytes = UnsafeRawBufferPointer(rebasing: value.prefix(Int(write.width)))
      record.d0 = sortie_rdtsc()
      if write.isPIO {
        _ = bus.writePort(
          UInt16(truncatingIfNeeded: write.address), at: slot, elementSize: Int(write.width), from: bytes)
      } else {
        _ = bus.writeMemory(write.address, at: slot, from: bytes)
      }
      record.d1 = sortie_rdtsc()
    }
  }

  private func access(_ io: PortIO, _ record: inout RoundTripRecord) -> ExitOutcome {
    let slot = bus.lookupPort(io.port)
    record.device = slot?.device ?? RoundTripRecord.noDevice
    let bytes = UnsafeMutableRawBufferPointer(start: io.data, count: io.byteCount)
    if io.isWrite { record.flags.insert(.write) }
    record.d0 = sortie_rdtsc()
    defer { record.d1 = sortie_rdtsc() }
    guard io.isWrite else {
      bus.readPort(io.port, at: slot, elementSize: Int(io.width), into: bytes)
      return .resume
    }
    return Self.outcome(
      bus.writePort(io.port, at: slot, elementSize: Int(io.width), from: UnsafeRawBufferPointer(bytes)))
  }

  private func access(_ mmio: MemoryIO, _ record: inout RoundTripRecord) -> ExitOutcome {
    let slot = bus.lookupMemory(mmio.address)
    record.device = slot?.device ?? RoundTripRecord.noDevice
    let bytes = UnsafeMutableRawBufferPointer(start: mmio.data, count: Int(mmio.width))
    if mmio.isWrite { record.flags.insert(.write) }
    record.d0 = sortie_rdtsc()
    defer { record.d1 = sortie_rdtsc() }
    guard mmio.isWrite else {
      bus.readMemory(mmio.address, at: slot, into: bytes)
      return .resume
    }
    return Self.outcome(bus.writeMemory(mmio.address, at: slot, from: UnsafeRawBufferPointer(bytes)))
  }

  private static func outcome(_ effect: DeviceEffect) -> ExitOutcome {
    switch effect {
    case .none: .resume
    case .stop(let status): .stop(.debugExit(status: status))
    case .reset: .stop(.reset)
    case .powerOff: .stop(.powerOff)
    }
  }
}
