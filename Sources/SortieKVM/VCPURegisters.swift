internal import CLinuxKVM

/// What KVM_TRANSLATE says of a linear address.
public struct Translation: Equatable, Sendable {
  /// Guest physical address.
  public let physicalAddress: UInt64
  /// The guest may write there.
  public let isWritable: Bool
  /// User mode may access it.
  public let isUser: Bool
}

/// KVM_MP_STATE_*: what a vCPU waits for.
public enum MPState: Equatable, Sendable {
  /// It runs.
  case runnable
  /// An application processor before INIT.
  case uninitialized
  /// An application processor between INIT and SIPI.
  case initReceived
  /// HLT.
  case halted
  /// SIPI came.
  case sipiReceived
  /// A state this module has no name for.
  case other(UInt32)

  init(rawValue: UInt32) {
    switch rawValue {
    case 0: self = .runnable
    case 1: self = .uninitialized
    case 2: self = .initReceived
    case 3: self = .halted
    case 4: self = .sipiReceived
    default: self = .other(rawValue)
    }
  }

  var rawValue: UInt32 {
    switch self {
    case .runnable: 0
    case .uninitialized: 1
    case .initReceived: 2
    case .halted: 3
    case .sipiReceived: 4
    case .other(let value): value
    }
  }
}

extension VCPU {
  /// General registers (KVM_GET_REGS).
  public func registers() throws(KVMError) -> Registers {
    var raw = kvm_regs()
    try control(fileDescriptor, SORTIE_KVM_GET_REGS, "KVM_GET_REGS of vCPU \(id)", &raw)
    return Registers(raw)
  }

  /// Sets the general registers (KVM_SET_REGS).
  public func setRegisters(_ registers: Registers) throws(KVMError) {
    var raw = registers.raw
    try control(fileDescriptor, SORTIE_KVM_SET_REGS, "KVM_SET_REGS of vCPU \(id)", &raw)
  }

  /// Segments, tables and control registers (KVM_GET_SREGS).
  public func specialRegisters() throws(KVMError) -> SpecialRegisters {
    var raw = kvm_sregs()
    try control(fileDescriptor, SORTIE_KVM_GET_SREGS, "KVM_GET_SREGS of vCPU \(id)", &raw)
    return SpecialRegisters(raw)
  }

  /// Sets segments, tables and control registers (KVM_SET_SREGS).
  public func setSpecialRegisters(_ registers: SpecialRegisters) throws(KVMError) {
    var raw = registers.raw
    try control(
      fileDescriptor, SORTIE_KVM_SET_SREGS, "KVM_SET_SREGS of vCPU \(id)", &raw,
      hint: "CR0 0x\(String(registers.cr0, radix: 16)), CR4 0x\(String(registers.cr4, radix: 16)) and "
        + "EFER 0x\(String(registers.efer, radix: 16)) must fit together")
  }

  /// Where the guest's page tables map a linear address; nil where they map nothing (KVM_TRANSLATE).
  public func translate(_ linear: UInt64) throws(KVMError) -> Translation? {
    var raw = kvm_translation()
    raw.linear_address = linear
    try control(
      fileDescriptor, SORTIE_KVM_TRANSLATE, "KVM_TRANSLATE 0x\(String(linear, radix: 16)) of vCPU \(id)", &raw
    )
    guard raw.valid != 0 else { return nil }
    return Translation(
      physicalAddress: raw.physical_address, isWritable: raw.writeable != 0, isUser: raw.usermode != 0)
  }

  /// What the vCPU waits for (KVM_GET_MP_STATE).
  public func mpState() throws(KVMError) -> MPState {
    var raw = kvm_mp_state()
    try control(fileDescriptor, SORTIE_KVM_GET_MP_STATE, "KVM_GET_MP_STATE of vCPU \(id)", &raw)
    return MPState(rawValue: raw.mp_state)
  }

  /// Sets what the vCPU waits for (KVM_SET_MP_STATE).
  public func setMPState(_ state: MPState) throws(KVMError) {
    var raw = kvm_mp_state()
    raw.mp_state = state.rawValue
    try control(fileDescriptor, SORTIE_KVM_SET_MP_STATE, "KVM_SET_MP_STATE \(state) of vCPU \(id)", &raw)
  }

  /// Sends a non-maskable interrupt (KVM_NMI).
  public func nmi() throws(KVMError) {
    try control(fileDescriptor, SORTIE_KVM_NMI, "KVM_NMI to vCPU \(id)")
  }

  /// Injects an external interrupt where there is no in-kernel irqchip (KVM_INTERRUPT).
  public func interrupt(vector: UInt8) throws(KVMError) {
    var raw = kvm_interrupt()
    raw.irq = UInt32(vector)
    try control(fileDescriptor, SORTIE_KVM_INTERRUPT, "KVM_INTERRUPT \(vector) to vCPU \(id)", &raw)
  }
}
