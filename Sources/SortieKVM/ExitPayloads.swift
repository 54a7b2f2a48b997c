public import CLinuxKVM

/// RDMSR or WRMSR that the MSR filter or KVM_CAP_X86_USER_SPACE_MSR hands to user space.
@frozen
public struct MSRExit {
  @usableFromInline let page: RunPage

  @inlinable @inline(__always)
  init(page: RunPage) { self.page = page }

  /// The register's number, the guest's ECX.
  @inlinable public var index: UInt32 { page.u32(SORTIE_MSR_INDEX) }

  /// Why it was handed over: KVM_MSR_EXIT_REASON_* (1 invalid, 2 unknown, 4 filtered).
  @inlinable public var reason: MSRExitReasons { MSRExitReasons(rawValue: page.u32(SORTIE_MSR_REASON)) }

  /// What the guest writes, or what it shall read.
  @inlinable public var data: UInt64 {
    get { page.u64(SORTIE_MSR_DATA) }
    nonmutating set { page.store(newValue, SORTIE_MSR_DATA) }
  }

  /// Whether the guest takes a general protection fault at the next entry.
  @inlinable
  public func setFault(_ fault: Bool) { page.store(fault ? 1 as UInt8 : 0, SORTIE_MSR_ERROR) }
}

/// KVM_MSR_EXIT_REASON_*: for which causes an MSR access leaves to user space.
public struct MSRExitReasons: OptionSet, Hashable, Sendable {
  /// The kernel's bits.
  public let rawValue: UInt32

  /// The causes with these bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The value or the access is invalid.
  public static let invalid = MSRExitReasons(rawValue: 1)
  /// KVM does not know the register.
  public static let unknown = MSRExitReasons(rawValue: 2)
  /// The MSR filter denies the access.
  public static let filter = MSRExitReasons(rawValue: 4)
}

/// A hypercall: number, arguments, and the result to hand back.
@frozen
public struct HypercallExit {
  @usableFromInline let page: RunPage
  /// PAPR's layout (9 arguments) rather than the general one (6).
  public let isPAPR: Bool

  @inlinable @inline(__always)
  init(page: RunPage, isPAPR: Bool) {
    self.page = page
    self.isPAPR = isPAPR
  }

  /// The call's number.
  @inlinable public var number: UInt64 { page.u64(SORTIE_HYPERCALL_NR) }

  /// How many arguments there are.
  @inlinable public var argumentCount: Int { isPAPR ? 9 : 6 }

  /// Argument `position`, nil from `argumentCount` on.
  @inlinable
  public func argument(_ position: Int) -> UInt64? {
    guard position >= 0, position < argumentCount else { return nil }
    return page.u64((isPAPR ? SORTIE_PAPR_ARGS : SORTIE_HYPERCALL_ARGS) &+ position &* 8)
  }

  /// What the guest gets back.
  @inlinable public var result: UInt64 {
    get { page.u64(isPAPR ? SORTIE_PAPR_RET : SORTIE_HYPERCALL_RET) }
    nonmutating set { page.store(newValue, isPAPR ? SORTIE_PAPR_RET : SORTIE_HYPERCALL_RET) }
  }

  /// Bit 0: the guest was in long mode. Not for PAPR.
  @inlinable public var flags: UInt64 { isPAPR ? 0 : page.u64(SORTIE_HYPERCALL_FLAGS) }
}

/// A debug exception: vector, where, and the debug registers that tell why.
public struct DebugExit {
  let page: RunPage

  /// The vector: 1 (#DB) or 3 (#BP).
  public var vector: UInt32 { page.u32(SORTIE_DEBUG_EXCEPTION) }
  /// Linear address of the instruction.
  public var pc: UInt64 { page.u64(SORTIE_DEBUG_PC) }
  /// DR6, the condition met.
  public var dr6: UInt64 { page.u64(SORTIE_DEBUG_DR6) }
  /// DR7, the conditions set.
  public var dr7: UInt64 { page.u64(SORTIE_DEBUG_DR7) }
}

/// Up to 32 words of a payload, bounded by what KVM declares and by what the run page can hold.
public struct WordsExit {
  let page: RunPage
  let offset: Int
  /// How many words there are.
  public let count: Int

  /// Word `position`, nil from `count` on.
  public subscript(position: Int) -> UInt64? {
    position >= 0 && position < count ? page.u64(offset + position * 8) : nil
  }
}

/// KVM cannot go on: KVM_INTERNAL_ERROR_* and what it knows of the cause.
public struct InternalErrorExit {
  let page: RunPage

  /// KVM_INTERNAL_ERROR_*: 1 emulation, 2 simultaneous exceptions, 3 delivery event, 4 unexpected exit reason.
  public var suberror: UInt32 { page.u32(SORTIE_INTERNAL_SUBERROR) }

  /// The words that KVM adds; at most 16.
  public var data: WordsExit {
    WordsExit(
      page: page, offset: SORTIE_INTERNAL_DATA, count: min(16, Int(page.u32(SORTIE_INTERNAL_NDATA))))
  }

  /// The suberror's name in the kernel's header.
  public var name: String {
    switch suberror {
    case 1: "KVM_INTERNAL_ERROR_EMULATION"
    case 2: "KVM_INTERNAL_ERROR_SIMUL_EX"
    case 3: "KVM_INTERNAL_ERROR_DELIVERY_EV"
    case 4: "KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON"
    default: "KVM_INTERNAL_ERROR_\(suberror)"
    }
  }

  /// The bytes of the instruction that KVM could not emulate, at most 15; empty where KVM does not give them.
  public var instructionBytes: [UInt8] {
    let words = data.count
    guard suberror == 1, words >= 3, page.u64(SORTIE_EMULATION_FLAGS) & 1 != 0 else { return [] }
    let count = min(15, Int(page.u8(SORTIE_EMULATION_INSN_SIZE)))
    return (0..<count).map { page.u8(SORTIE_EMULATION_INSN_BYTES + $0) }
  }
}

/// s390: TEST SUBCHANNEL.
public struct SubchannelExit {
  let page: RunPage

  /// Subchannel id and number.
  public var subchannel: (id: UInt16, number: UInt16) {
    (page.u16(SORTIE_TSCH_SUBCHANNEL_ID), page.u16(SORTIE_TSCH_SUBCHANNEL_NR))
  }
  /// I/O interruption parameter and word.
  public var interruption: (parameter: UInt32, word: UInt32) {
    (page.u32(SORTIE_TSCH_IO_INT_PARM), page.u32(SORTIE_TSCH_IO_INT_WORD))
  }
  /// Interruption parameters of the instruction.
  public var ipb: UInt32 { page.u32(SORTIE_TSCH_IPB) }
  /// An interruption was taken from the queue.
  public var dequeued: Bool { page.u8(SORTIE_TSCH_DEQUEUED) != 0 }
}

/// A Xen hypercall.
public struct XenExit {
  let page: RunPage

  /// KVM_EXIT_XEN_*: 1 is a hypercall.
  public var type: UInt32 { page.u32(SORTIE_XEN_TYPE) }
  /// The guest was in long mode.
  public var isLongMode: Bool { page.u32(SORTIE_XEN_LONGMODE) != 0 }
  /// Privilege level of the caller.
  public var cpl: UInt32 { page.u32(SORTIE_XEN_CPL) }
  /// The call's number.
  public var input: UInt64 { page.u64(SORTIE_XEN_INPUT) }
  /// The six parameters.
  public var parameters: WordsExit { WordsExit(page: page, offset: SORTIE_XEN_PARAMS, count: 6) }
  /// What the guest gets back.
  public var result: UInt64 {
    get { page.u64(SORTIE_XEN_RESULT) }
    nonmutating set { page.store(newValue, SORTIE_XEN_RESULT) }
  }
}

/// RISC-V: a call of the supervisor binary interface.
public struct SBIExit {
  let page: RunPage

  /// Extension id (a7) and function id (a6).
  public var call: (extensionID: UInt64, functionID: UInt64) {
    (page.u64(SORTIE_SBI_EXTENSION), page.u64(SORTIE_SBI_FUNCTION))
  }
  /// The six arguments, a0 to a5.
  public var arguments: WordsExit { WordsExit(page: page, offset: SORTIE_SBI_ARGS, count: 6) }
}

/// TDX: a TDVMCALL of the guest.
public struct TDXExit {
  let page: RunPage

  /// Flags, none defined yet.
  public var flags: UInt64 { page.u64(SORTIE_TDX_FLAGS) }
  /// Leaf of the call, the guest's R11.
  public var number: UInt64 { page.u64(SORTIE_TDX_NR) }
  /// The call's words, which depend on `number`.
  public var data: WordsExit { WordsExit(page: page, offset: SORTIE_TDX_DATA, count: 5) }
  /// What the guest gets back.
  public var result: UInt64 {
    get { page.u64(SORTIE_TDX_RET) }
    nonmutating set { page.store(newValue, SORTIE_TDX_RET) }
  }
}
