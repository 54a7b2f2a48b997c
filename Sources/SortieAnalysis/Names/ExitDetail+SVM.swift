/// What `kvm_exit` says of an SVM exit: info1 is `EXITINFO1`, info2 `EXITINFO2` (AMD APM volume 2, chapter 15 and
/// appendix C).
extension ExitDetail {
  init?(svm code: UInt32, info1: UInt64, info2: UInt64) {
    switch code {
    case SVMExitCode.io:
      self = .port(
        UInt16(truncatingIfNeeded: info1 >> 16), size: UInt8(info1 >> 4 & 7), isWrite: info1 & 1 == 0,
        isString: info1 & 1 << 2 != 0)
    case SVMExitCode.msr: self = .msr(index: nil, isWrite: info1 & 1 != 0)
    case SVMExitCode.exceptions:
      let vector = UInt8(code - SVMExitCode.exceptions.lowerBound)
      self = .exception(vector, pageFault: vector == ExceptionVector.pageFault ? info1 : nil)
    case SVMExitCode.nestedPageFault:
      // An access to memory is told from others by its kind only: a guest has too many pages.
      let isMarked = info1 & PageFaultError.reserved != 0
      self = .pageFault(PageFaultError.nested(info1), page: isMarked ? info2 & ~0xfff : nil)
    case SVMExitCode.incompleteIPI: self = .incompleteIPI(UInt32(truncatingIfNeeded: info2 >> 32))
    case SVMExitCode.unacceleratedAPIC: self = .apic(info1 & 0xff0, isWrite: info1 & 1 << 32 != 0)
    default: return nil
    }
  }
}
