internal import CLinuxKVM

/// The 4 KiB page of local APIC registers, of which KVM exchanges the first 1024 bytes (`kvm_lapic_state`).
public struct LAPICState: Sendable {
  var raw: kvm_lapic_state

  /// The register at this offset of the APIC page, a multiple of 16 below 1024; nil elsewhere. Setting elsewhere
  /// has no effect (Intel SDM volume 3, table "Local APIC Register Address Map").
  public subscript(offset: Int) -> UInt32? {
    get {
      guard LAPICState.isRegister(offset) else { return nil }
      return withUnsafeBytes(of: raw) { $0.load(fromByteOffset: offset, as: UInt32.self) }
    }
    set {
      guard LAPICState.isRegister(offset), let newValue else { return }
      withUnsafeMutableBytes(of: &raw) { $0.storeBytes(of: newValue, toByteOffset: offset, as: UInt32.self) }
    }
  }

  private static func isRegister(_ offset: Int) -> Bool {
    offset >= 0 && offset % 16 == 0 && offset + 4 <= MemoryLayout<kvm_lapic_state>.size
  }
}

/// Exceptions, interrupts and NMIs that wait in a vCPU (`kvm_vcpu_events`).
public struct VCPUEvents: Sendable {
  var raw: kvm_vcpu_events

  /// The exception under way: its vector, and its error code where it has one; nil where there is none.
  public var exception: (vector: UInt8, errorCode: UInt32?)? {
    guard raw.exception.injected != 0 || raw.exception.pending != 0 else { return nil }
    return (raw.exception.nr, raw.exception.has_error_code != 0 ? raw.exception.error_code : nil)
  }

  /// The vector of the interrupt under way; nil where there is none.
  public var interruptVector: UInt8? {
    raw.interrupt.injected != 0 ? raw.interrupt.nr : nil
  }

  /// Interrupts are held back for one instruction, after STI (bit 1) or MOV SS (bit 0).
  public var interruptShadow: UInt8 {
    get { raw.interrupt.shadow }
    set {
      raw.interrupt.shadow = newValue
      raw.flags |= UInt32(KVM_VCPUEVENT_VALID_SHADOW)
    }
  }

  /// NMIs: one is being delivered, one waits, they are masked.
  public var nmi: (injected: Bool, pending: Bool, masked: Bool) {
    (raw.nmi.injected != 0, raw.nmi.pending != 0, raw.nmi.masked != 0)
  }

  /// Start page of the last SIPI.
  public var sipiVector: UInt32 { raw.sipi_vector }
}

/// Debug registers (`kvm_debugregs`).
public struct DebugRegisters: Equatable, Sendable {
  /// Breakpoint address.
  public var dr0: UInt64 = 0, dr1: UInt64 = 0, dr2: UInt64 = 0, dr3: UInt64 = 0
  /// Debug status.
  public var dr6: UInt64 = 0
  /// Debug control.
  public var dr7: UInt64 = 0

  /// All zero.
  public init() {}
}

/// The x87 and SSE state in FXSAVE's terms (`kvm_fpu`).
public struct FPUState: Sendable {
  var raw: kvm_fpu

  /// x87 control word.
  public var controlWord: UInt16 {
    get { raw.fcw }
    set { raw.fcw = newValue }
  }

  /// x87 status word.
  public var statusWord: UInt16 { raw.fsw }

  /// SSE control and status.
  public var mxcsr: UInt32 {
    get { raw.mxcsr }
    set { raw.mxcsr = newValue }
  }

  /// The halves of XMM register 0 to 15; nil for another number.
  public func xmm(_ number: Int) -> (low: UInt64, high: UInt64)? {
    guard (0..<16).contains(number) else { return nil }
    return withUnsafeBytes(of: raw.xmm) {
      (
        $0.load(fromByteOffset: number * 16, as: UInt64.self),
        $0.load(fromByteOffset: number * 16 + 8, as: UInt64.self)
      )
    }
  }
}

extension VCPU {
  /// The local APIC (KVM_GET_LAPIC).
  public func lapic() throws(KVMError) -> LAPICState {
    var raw = kvm_lapic_state()
    try control(
      fileDescriptor, SORTIE_KVM_GET_LAPIC, "KVM_GET_LAPIC of vCPU \(id)", &raw,
      hint: "it needs in-kernel local APICs, made before the vCPU")
    return LAPICState(raw: raw)
  }

  /// Sets the local APIC (KVM_SET_LAPIC).
  public func setLAPIC(_ state: LAPICState) throws(KVMError) {
    var raw = state.raw
    try control(fileDescriptor, SORTIE_KVM_SET_LAPIC, "KVM_SET_LAPIC of vCPU \(id)", &raw)
  }

  /// Events that wait (KVM_GET_VCPU_EVENTS).
  public func vcpuEvents() throws(KVMError) -> VCPUEvents {
    var raw = kvm_vcpu_events()
    try control(fileDescriptor, SORTIE_KVM_GET_VCPU_EVENTS, "KVM_GET_VCPU_EVENTS of vCPU \(id)", &raw)
    return VCPUEvents(raw: raw)
  }

  /// Sets the events that wait (KVM_SET_VCPU_EVENTS).
  public func setVCPUEvents(_ events: VCPUEvents) throws(KVMError) {
    var raw = events.raw
    try control(fileDescriptor, SORTIE_KVM_SET_VCPU_EVENTS, "KVM_SET_VCPU_EVENTS of vCPU \(id)", &raw)
  }

  /// Debug registers (KVM_GET_DEBUGREGS).
  public func debugRegisters() throws(KVMError) -> DebugRegisters {
    var raw = kvm_debugregs()
    try control(fileDescriptor, SORTIE_KVM_GET_DEBUGREGS, "KVM_GET_DEBUGREGS of vCPU \(id)", &raw)
    var registers = DebugRegisters()
    (registers.dr0, registers.dr1, registers.dr2, registers.dr3) = raw.db
    (registers.dr6, registers.dr7) = (raw.dr6, raw.dr7)
    return registers
  }

  /// Sets the debug registers (KVM_SET_DEBUGREGS).
  public func setDebugRegisters(_ registers: DebugRegisters) throws(KVMError) {
    var raw = kvm_debugregs()
    raw.db = (registers.dr0, registers.dr1, registers.dr2, registers.dr3)
    (raw.dr6, raw.dr7) = (registers.dr6, registers.dr7)
    try control(fileDescriptor, SORTIE_KVM_SET_DEBUGREGS, "KVM_SET_DEBUGREGS of vCPU \(id)", &raw)
  }

  /// x87 and SSE state (KVM_GET_FPU).
  public func fpu() throws(KVMError) -> FPUState {
    var raw = kvm_fpu()
    try control(fileDescriptor, SORTIE_KVM_GET_FPU, "KVM_GET_FPU of vCPU \(id)", &raw)
    return FPUState(raw: raw)
  }

  /// Sets the x87 and SSE state (KVM_SET_FPU).
  public func setFPU(_ state: FPUState) throws(KVMError) {
    var raw = state.raw
    try control(fileDescriptor, SORTIE_KVM_SET_FPU, "KVM_SET_FPU of vCPU \(id)", &raw)
  }

  /// XCR0, the extended state that the guest has turned on; nil where the host has none (KVM_GET_XCRS).
  public func xcr0() throws(KVMError) -> UInt64? {
    var raw = kvm_xcrs()
    try control(fileDescriptor, SORTIE_KVM_GET_XCRS, "KVM_GET_XCRS of vCPU \(id)", &raw)
    return withUnsafeBytes(of: raw.xcrs) { bytes in
      bytes.bindMemory(to: kvm_xcr.self).prefix(Int(min(raw.nr_xcrs, 16))).first { $0.xcr == 0 }?.value
    }
  }

  /// Sets XCR0 (KVM_SET_XCRS).
  public func setXCR0(_ value: UInt64) throws(KVMError) {
    var raw = kvm_xcrs()
    raw.nr_xcrs = 1
    raw.xcrs.0 = kvm_xcr(xcr: 0, reserved: 0, value: value)
    try control(
      fileDescriptor, SORTIE_KVM_SET_XCRS, "KVM_SET_XCRS 0x\(String(value, radix: 16)) of vCPU \(id)", &raw,
      hint: "bits outside the guest's CPUID leaf 0xd are refused")
  }
}
