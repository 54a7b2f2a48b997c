import SortieTrace

extension ExitDetail {
  /// What `kvm_exit` says of an exit beside its reason; nil where that is nothing.
  init?(
    _ reason: HardwareExitReason, info1: UInt64, info2: UInt64, interruptInfo: UInt64, errorCode: UInt64
  ) {
    switch reason.isa {
    case 1: self.init(vmx: reason.number, info1: info1, interruptInfo: interruptInfo, errorCode: errorCode)
    case 2: self.init(svm: reason.number, info1: info1, info2: info2)
    default: return nil
    }
  }

  /// The same of a row of `kvm_exit`; nil where the kernel did not record the information.
  init?(_ reason: HardwareExitReason, _ fields: borrowing KernelEventFields) {
    guard let info1 = fields[.info1] else { return nil }
    self.init(
      reason, info1: info1, info2: fields.value(.info2),
      interruptInfo: fields.value(.interruptInfo), errorCode: fields.value(.errorCode))
  }

  /// What is known of an exit that has `known` of its own after an event of the kernel on its way to the next entry;
  /// the first one of its kind counts.
  static func refined(_ known: ExitDetail?, of reason: HardwareExitReason, by event: ExitDetail)
    -> ExitDetail?
  {
    switch (reason.subject, event, known) {
    case (.msr, .msr(let index, let isWrite, let isRefused), .msr(nil, _, _)?):
      .msr(index: index, isWrite: isWrite, isRefused: isRefused)
    case (.msr, .msr(let index, _, let isRefused), nil):
      .msr(index: index, isWrite: nil, isRefused: isRefused)
    case (.cpuid, .leaf, nil), (.hypercall, .hypercall, nil): event
    case (.memory, .apic, .apic?): known
    case (.memory, .apic, _): event
    case (.memory, .memory, .apic?), (.memory, .memory, .memory?): known
    case (.memory, .memory, _): event
    default: known
    }
  }
}

extension HardwareExitReason {
  /// The reason in a row of `kvm_exit`.
  init(_ fields: borrowing KernelEventFields) {
    self.init(
      isa: UInt8(truncatingIfNeeded: fields.value(.isa)),
      number: UInt32(truncatingIfNeeded: fields.value(.reason)))
  }

  /// What events of the kernel can say more of.
  fileprivate enum Subject {
    case msr
    case cpuid
    case hypercall
    case memory
  }

  fileprivate var subject: Subject? {
    switch (isa, isa == 1 ? number & 0xffff : number) {
    case (2, SVMExitCode.msr), (1, VMXExitReason.msrRead), (1, VMXExitReason.msrWrite): .msr
    case (2, SVMExitCode.cpuid), (1, VMXExitReason.cpuid): .cpuid
    case (2, SVMExitCode.hypercall), (1, VMXExitReason.hypercall): .hypercall
    case (2, SVMExitCode.nestedPageFault), (1, VMXExitReason.eptViolation),
      (1, VMXExitReason.eptMisconfiguration):
      .memory
    default: nil
    }
  }
}
