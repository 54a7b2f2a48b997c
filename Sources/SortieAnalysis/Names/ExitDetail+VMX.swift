/// What `kvm_exit` says of a VMX exit: info1 is the exit qualification (Intel SDM volume 3, section 28.2.1).
extension ExitDetail {
  init?(vmx reason: UInt32, info1: UInt64, interruptInfo: UInt64, errorCode: UInt64) {
    switch reason & 0xffff {
    case VMXExitReason.exceptionOrNMI:
      guard let event = EventInformation(interruptInfo) else { return nil }
      guard event.isException else {
        self = .event(event.bits)
        return
      }
      self = .exception(
        event.vector, pageFault: event.vector == ExceptionVector.pageFault ? errorCode : nil)
    case VMXExitReason.externalInterrupt:
      guard let event = EventInformation(interruptInfo) else { return nil }
      self = .vector(Int64(event.vector))
    case VMXExitReason.controlRegisterAccess:
      self = .controlRegister(UInt8(info1 & 0xf), access: UInt8(info1 >> 4 & 3))
    case VMXExitReason.debugRegisterAccess:
      self = .debugRegister(UInt8(info1 & 7), isWrite: info1 & 1 << 4 == 0)
    case VMXExitReason.ioInstruction:
      self = .port(
        UInt16(truncatingIfNeeded: info1 >> 16), size: UInt8(info1 & 7) + 1, isWrite: info1 & 1 << 3 == 0,
        isString: info1 & 1 << 4 != 0)
    case VMXExitReason.immediateMSRRead, VMXExitReason.immediateMSRWrite:
      self = .msr(index: UInt32(truncatingIfNeeded: info1), isWrite: nil)
    case VMXExitReason.apicAccess:
      // Types 0 and 1 are linear accesses by data; others are no plain read or write.
      let type = info1 >> 12 & 0xf
      self = .apic(info1 & 0xfff, isWrite: type == 0 ? false : type == 1 ? true : nil)
    case VMXExitReason.apicWrite: self = .apic(info1 & 0xfff, isWrite: nil)
    case VMXExitReason.inducedEOI, VMXExitReason.startupIPI: self = .vector(Int64(info1 & 0xff))
    case VMXExitReason.eptViolation: self = .eptViolation(EPTViolation.distinct(info1))
    default: return nil
    }
  }
}
