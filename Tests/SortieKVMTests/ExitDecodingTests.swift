import CLinuxKVM
import SortieKVM
import Testing

struct ExitDecodingTests {
  @Test(arguments: [(1, 1), (2, 3), (4, 1024)])
  func portWriteGivesPortWidthCountAndData(width: Int, count: Int) throws {
    let page = ConstructedRunPage(reason: UInt32(KVM_EXIT_IO))
    page.run.pointee.io.direction = UInt8(KVM_EXIT_IO_OUT)
    page.run.pointee.io.size = UInt8(width)
    page.run.pointee.io.port = 0x3f8
    page.run.pointee.io.count = UInt32(count)
    page.run.pointee.io.data_offset = 4096
    page.base.storeBytes(of: 0x8877_6655_4433_2211, toByteOffset: 4096, as: UInt64.self)
    guard case .io(let io) = page.exit else {
      Issue.record("decoded as \(page.exit)")
      return
    }
    #expect(io.port == 0x3f8)
    #expect(io.width == UInt8(width))
    #expect(io.count == UInt32(count))
    #expect(io.isWrite)
    #expect(io.byteCount == width * count)
    #expect(io.data == page.base + 4096)
    #expect(io.value == [1: 0x11, 2: 0x2211, 4: 0x4433_2211][width])
  }

  @Test func portReadAnswersIntoTheRunMapping() {
    let page = ConstructedRunPage(reason: UInt32(KVM_EXIT_IO))
    page.run.pointee.io.direction = UInt8(KVM_EXIT_IO_IN)
    page.run.pointee.io.size = 2
    page.run.pointee.io.count = 1
    page.run.pointee.io.data_offset = 4096
    guard case .io(let io) = page.exit else {
      Issue.record("decoded as \(page.exit)")
      return
    }
    #expect(!io.isWrite)
    io.value = 0xffff_beef
    #expect(page.base.load(fromByteOffset: 4096, as: UInt32.self) == 0xbeef)
  }

  @Test(arguments: [
    (UInt64(12288), UInt32(1), UInt8(1)), (12287, 1, 2), (.max, 1, 1), (.max - 3, 1, 4), (0, .max, 4),
    (0, 12289, 1),
    (4096, 0, 1), (4096, 1, 0),
  ])
  func portDataOutsideTheMappingIsMalformed(offset: UInt64, count: UInt32, width: UInt8) {
    let page = ConstructedRunPage(reason: UInt32(KVM_EXIT_IO))
    page.run.pointee.io.size = width
    page.run.pointee.io.count = count
    page.run.pointee.io.data_offset = offset
    guard case .malformed(let why) = page.exit else {
      Issue.record("decoded as \(page.exit)")
      return
    }
    #expect(why == MalformedExit(reason: .io, offset: offset, length: UInt64(count) * UInt64(width)))
  }

  @Test func portDataMayEndWithTheMapping() {
    let page = ConstructedRunPage(reason: UInt32(KVM_EXIT_IO))
    page.run.pointee.io.size = 4
    page.run.pointee.io.count = 1
    page.run.pointee.io.data_offset = 12284
    guard case .io = page.exit else {
      Issue.record("decoded as \(page.exit)")
      return
    }
  }

  @Test(arguments: [(1, 0xf1), (2, 0xe2f1), (4, 0xc4d3_e2f1), (7, 0x97a6_b5c4_d3e2_f1)])
  func memoryWriteIsZeroExtended(width: UInt32, value: UInt64) {
    let page = ConstructedRunPage(reason: UInt32(KVM_EXIT_MMIO))
    page.run.pointee.mmio.phys_addr = 0xfee0_0300
    page.run.pointee.mmio.data = (0xf1, 0xe2, 0xd3, 0xc4, 0xb5, 0xa6, 0x97, 0x88)
    page.run.pointee.mmio.len = width
    page.run.pointee.mmio.is_write = 1
    guard case .mmio(let access) = page.exit else {
      Issue.record("decoded as \(page.exit)")
      return
    }
    #expect(access.address == 0xfee0_0300)
    #expect(access.width == UInt8(width))
    #expect(access.isWrite)
    #expect(access.value == value)
  }

  @Test func memoryReadAnswersIntoTheRunPage() {
    let page = ConstructedRunPage(reason: UInt32(KVM_EXIT_MMIO))
    page.run.pointee.mmio.len = 8
    guard case .mmio(let access) = page.exit else {
      Issue.record("decoded as \(page.exit)")
      return
    }
    access.value = 0x0807_0605_0403_0201
    #expect(page.run.pointee.mmio.data.0 == 1)
    #expect(page.run.pointee.mmio.data.7 == 8)
    #expect(access.value == 0x0807_0605_0403_0201)
  }

  @Test(arguments: [UInt32(0), 9, .max])
  func memoryAccessOfImpossibleLengthIsMalformed(length: UInt32) {
    let page = ConstructedRunPage(reason: UInt32(KVM_EXIT_MMIO))
    page.run.pointee.mmio.len = length
    guard case .malformed(let why) = page.exit else {
      Issue.record("decoded as \(page.exit)")
      return
    }
    #expect(why.reason == .mmio)
    #expect(why.length == UInt64(length))
  }

  @Test(arguments: [KVM_EXIT_X86_RDMSR, KVM_EXIT_X86_WRMSR])
  func msrAccessGivesIndexReasonAndDataAndTakesAFault(reason: Int32) {
    let page = ConstructedRunPage(reason: UInt32(reason))
    page.run.pointee.msr.index = 0xc000_0080
    page.run.pointee.msr.reason = UInt32(KVM_MSR_EXIT_REASON_FILTER)
    page.run.pointee.msr.data = 0x501
    let msr: MSRExit
    switch page.exit {
    case .readMSR(let read) where reason == KVM_EXIT_X86_RDMSR: msr = read
    case .writeMSR(let write) where reason == KVM_EXIT_X86_WRMSR: msr = write
    default:
      Issue.record("decoded as \(page.exit)")
      return
    }
    #expect(msr.index == 0xc000_0080)
    #expect(msr.reason == .filter)
    #expect(msr.data == 0x501)
    msr.data = 7
    msr.setFault(true)
    #expect(page.run.pointee.msr.data == 7)
    #expect(page.run.pointee.msr.error == 1)
    msr.setFault(false)
    #expect(page.run.pointee.msr.error == 0)
  }

  @Test func hypercallGivesArgumentsAndTakesAResult() {
    let page = ConstructedRunPage(reason: UInt32(KVM_EXIT_HYPERCALL))
    page.run.pointee.hypercall.nr = 12
    page.run.pointee.hypercall.args = (1, 2, 3, 4, 5, 6)
    page.run.pointee.hypercall.longmode = 1
    guard case .hypercall(let call) = page.exit else {
      Issue.record("decoded as \(page.exit)")
      return
    }
    #expect(call.number == 12)
    #expect((0..<7).map { call.argument($0) } == [1, 2, 3, 4, 5, 6, nil])
    #expect(call.argument(-1) == nil)
    #expect(call.flags == 1)
    call.result = 99
    #expect(page.run.pointee.hypercall.ret == 99)
  }

  @Test func internalErrorGivesTheBytesOfTheInstruction() {
    let page = ConstructedRunPage(reason: UInt32(KVM_EXIT_INTERNAL_ERROR))
    page.run.pointee.emulation_failure.suberror = UInt32(KVM_INTERNAL_ERROR_EMULATION)
    page.run.pointee.emulation_failure.ndata = 3
    page.run.pointee.emulation_failure.flags = 1
    page.run.pointee.emulation_failure.insn_size = 3
    page.run.pointee.emulation_failure.insn_bytes.0 = 0x0f
    page.run.pointee.emulation_failure.insn_bytes.1 = 0x01
    page.run.pointee.emulation_failure.insn_bytes.2 = 0xf9
    guard case .internalError(let error) = page.exit else {
      Issue.record("decoded as \(page.exit)")
      return
    }
    #expect(error.name == "KVM_INTERNAL_ERROR_EMULATION")
    #expect(error.instructionBytes == [0x0f, 0x01, 0xf9])
    #expect(error.data.count == 3)
  }

  @Test func internalErrorBoundsWhatTheKernelDeclares() {
    let page = ConstructedRunPage(reason: UInt32(KVM_EXIT_INTERNAL_ERROR))
    page.run.pointee.emulation_failure.suberror = UInt32(KVM_INTERNAL_ERROR_EMULATION)
    page.run.pointee.emulation_failure.ndata = .max
    page.run.pointee.emulation_failure.flags = 1
    page.run.pointee.emulation_failure.insn_size = 255
    guard case .internalError(let error) = page.exit else {
      Issue.record("decoded as \(page.exit)")
      return
    }
    #expect(error.data.count == 16)
    #expect(error.data[16] == nil)
    #expect(error.data[-1] == nil)
    #expect(error.instructionBytes.count == 15)
  }
}
