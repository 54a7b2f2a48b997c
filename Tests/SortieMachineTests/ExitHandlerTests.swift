import CLinuxKVM
import SortieDevices
import SortieKVM
import SortieTrace
import Testing

@testable import SortieMachine

/// Exits that no KVM made: the handler knows none.
@Suite struct ExitHandlerTests {
  private final class Recorder: Device, @unchecked Sendable {
    let name = "recorder"
    var reads: [(offset: UInt64, count: Int)] = []
    var writes: [(offset: UInt64, bytes: [UInt8])] = []

    func read(offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
      reads.append((offset, bytes.count))
      for index in bytes.indices { bytes[index] = UInt8(0xa0 + index) }
    }

    func write(offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect {
      writes.append((offset, Array(bytes)))
      return .none
    }
  }

  private let device = Recorder()
  private let bus: Bus

  init() throws {
    var builder = BusBuilder()
    try builder.add(device, at: 0x100..<0x108, in: .port)
    try builder.add(device, at: 0xd000_0000..<0xd000_1000, in: .memory)
    try builder.add(DebugExit(), at: 0xf4..<0xf8, in: .port)
    bus = builder.freeze()
  }

  /// Handles `exit` over `payload` bytes of data.
  private func handle(
    filteredMSR: UInt32? = nil, _ exit: Exit
  ) -> (record: RoundTripRecord, stop: RunEnd?) {
    var handler = ExitHandler(bus: bus, filteredMSRIndex: filteredMSR)
    var record = RoundTripRecord()
    if case .stop(let end) = handler.handle(exit, &record) { return (record, end) }
    return (record, nil)
  }

  private func withData<R>(_ bytes: [UInt8], _ body: (UnsafeMutableRawPointer) -> R) -> (R, [UInt8]) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 8), alignment: 8)
    defer { buffer.deallocate() }
    buffer.copyBytes(from: bytes)
    guard let base = buffer.baseAddress else { preconditionFailure("eight bytes were asked for") }
    let result = body(base)
    return (result, Array(buffer))
  }

  @Test func aPortWriteReachesItsDeviceAndIsDescribed() {
    let (result, _) = withData([0x78, 0x56, 0x34, 0x12]) {
      handle(.io(PortIO(port: 0x104, width: 4, isWrite: true, count: 1, data: $0)))
    }
    #expect(result.stop == nil)
    #expect(device.writes.count == 1)
    #expect(device.writes.first?.offset == 4)
    #expect(device.writes.first?.bytes == [0x78, 0x56, 0x34, 0x12])
    #expect(result.record.address == 0x104)
    #expect(result.record.size == 4)
    #expect(result.record.device == 0)
    #expect(result.record.flags.contains(.write))
    #expect(result.record.d0 != 0 && result.record.d1 >= result.record.d0)
  }

  @Test func aPortReadIsAnsweredInTheRunPage() {
    let (result, data) = withData([0, 0]) {
      handle(.io(PortIO(port: 0x100, width: 2, isWrite: false, count: 1, data: $0)))
    }
    #expect(Array(data[..<2]) == [0xa0, 0xa1])
    #expect(!result.record.flags.contains(.write))
  }

  @Test func everyElementOfAStringWriteReachesTheDevice() {
    let (result, _) = withData([1, 2, 3, 4, 5, 6]) {
      handle(.io(PortIO(port: 0x100, width: 2, isWrite: true, count: 3, data: $0)))
    }
    #expect(device.writes.map(\.bytes) == [[1, 2], [3, 4], [5, 6]])
    #expect(result.record.count == 3)
  }

  @Test func aPortThatNobodyClaimsReadsAsOnesAndHasNoDevice() {
    let (result, data) = withData([0]) {
      handle(.io(PortIO(port: 0x300, width: 1, isWrite: false, count: 1, data: $0)))
    }
    #expect(data[0] == 0xff)
    #expect(result.record.device == RoundTripRecord.noDevice)
  }

  @Test func memoryIOReachesItsDevice() {
    let (written, _) = withData([7, 0, 0, 0]) {
      handle(.mmio(MemoryIO(address: 0xd000_0010, width: 4, isWrite: true, data: $0)))
    }
    #expect(device.writes.first?.offset == 0x10)
    #expect(written.record.address == 0xd000_0010)
    let (_, data) = withData([0, 0, 0, 0, 0, 0, 0, 0]) {
      handle(.mmio(MemoryIO(address: 0xd000_0ffc, width: 4, isWrite: false, data: $0)))
    }
    #expect(Array(data[..<4]) == [0xa0, 0xa1, 0xa2, 0xa3])
  }

  @Test func theDebugExitStopsWithQEMUsStatus() {
    let (result, _) = withData([5]) {
      handle(.io(PortIO(port: 0xf4, width: 1, isWrite: true, count: 1, data: $0)))
    }
    #expect(result.stop == .debugExit(status: 11))
  }

  /// A run page with the payload of an MSR exit.
  private func msrExit(_ reason: Int32, index: UInt32, data: UInt64, _ body: (Exit) -> Void) -> (
    UInt8, UInt64
  ) {
    let size = 4096
    let page = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
    defer { page.deallocate() }
    page.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    page.assumingMemoryBound(to: kvm_run.self).pointee.exit_reason = UInt32(reason)
    page.assumingMemoryBound(to: kvm_run.self).pointee.msr.index = index
    page.assumingMemoryBound(to: kvm_run.self).pointee.msr.data = data
    body(Exit(runPage: page, size: size))
    let msr = page.assumingMemoryBound(to: kvm_run.self).pointee.msr
    return (msr.error, msr.data)
  }

  @Test func theFilteredMSRRemembersAndOthersFault() {
    var handler = ExitHandler(bus: bus, filteredMSRIndex: 0x5354_0000)
    var record = RoundTripRecord()
    let written = msrExit(KVM_EXIT_X86_WRMSR, index: 0x5354_0000, data: 42) {
      _ = handler.handle($0, &record)
    }
    #expect(written.0 == 0)
    #expect(record.flags.contains(.write))
    #expect(record.address == 0x5354_0000)
    let read = msrExit(KVM_EXIT_X86_RDMSR, index: 0x5354_0000, data: 0) { _ = handler.handle($0, &record) }
    #expect(read == (0, 42))
    let other = msrExit(KVM_EXIT_X86_RDMSR, index: 0x10, data: 0) { _ = handler.handle($0, &record) }
    #expect(other.0 == 1)
  }

  @Test func fatalExitsStopTheVCPU() {
    #expect(handle(.shutdown).stop == .tripleFault)
    #expect(handle(.halt).stop == .halted)
    #expect(handle(.failEntry(reason: 0x80000021, cpu: 0)).stop == .entryFailed(hardwareReason: 0x8000_0021))
    #expect(handle(.unknown(number: 9999)).stop == .unhandled(ExitReason(rawValue: RoundTripRecord.noReason)))
  }

  @Test func coalescedWritesReachTheirDevice() {
    let handler = ExitHandler(bus: bus, filteredMSRIndex: nil)
    var record = RoundTripRecord(flags: .coalesced)
    handler.handle(CoalescedWrite(address: 0x102, width: 2, isPIO: true, value: 0xbeef), &record)
    #expect(device.writes.first?.bytes == [0xef, 0xbe])
    #expect(record.reason == UInt32(KVM_EXIT_IO))
    #expect(record.flags == [.coalesced, .write])
  }
}
