/// What an exit, or an event of the kernel, was about: what tells it from others of its reason.
///
/// Fixed in size and without text, so that a trace's millions cost nothing; ``text`` names things.
public enum ExitDetail: Hashable, Sendable {
  /// An access to I/O ports.
  case port(UInt16, size: UInt8, isWrite: Bool, isString: Bool)
  /// An access to a model-specific register; `index` nil: the exit alone does not say which; `isWrite` nil: its reason
  /// says that.
  case msr(index: UInt32?, isWrite: Bool?, isRefused: Bool = false)
  /// `CPUID`, with the leaf in EAX.
  case leaf(UInt32)
  /// A hypercall of KVM's.
  case hypercall(UInt64)
  /// An access to a control register: 0 write, 1 read, 2 `CLTS`, 3 `LMSW`.
  case controlRegister(UInt8, access: UInt8)
  /// An access to a debug register.
  case debugRegister(UInt8, isWrite: Bool)
  /// An exception; the error code of `#PF`.
  case exception(UInt8, pageFault: UInt64? = nil)
  /// An interrupt or exception as the processor describes it.
  case event(UInt32)
  /// An interrupt's vector; below 0: none.
  case vector(Int64)
  /// A virtual interrupt that KVM injects; `isSoftware`: for an `INT` instruction.
  case injected(UInt32, isSoftware: Bool, isAgain: Bool)
  /// An access to a register of the local APIC by its offset; `isWrite` nil: the exit does not say.
  case apic(UInt64, isWrite: Bool?)
  /// What the local APIC could not do itself (`enum avic_ipi_failure_cause`).
  case incompleteIPI(UInt32)
  /// A page fault by its error code; the page where KVM marked it as one without memory.
  case pageFault(UInt64, page: UInt64? = nil)
  /// An EPT violation by its qualification.
  case eptViolation(UInt64)
  /// An emulated access to memory, bytes; `isOpen`: a read that the kernel could not answer.
  case memory(UInt64, size: UInt32, isWrite: Bool, isOpen: Bool = false)
  /// An instruction that KVM emulated.
  case emulation(hasFailed: Bool)
  /// What the bounded tables folded together.
  case other

  /// In words: `write IA32_TSC_DEADLINE`, `KVM_HC_KICK_CPU`, `write, not present`. What has no name is a number.
  public var text: String {
    switch self {
    case .port(let port, let size, let isWrite, let isString):
      return "\(direction(isWrite))\(isString ? " string" : "") \(hexadecimal(UInt64(port)))/\(size)"
    case .msr(let index, let isWrite, let isRefused):
      let words = [isWrite.map(direction), index.map(MSRName.text), isRefused ? "#GP" : nil]
      return words.compactMap { $0 }.joined(separator: " ")
    case .leaf(let leaf): return "leaf \(hexadecimal(UInt64(leaf)))"
    case .hypercall(let number): return HypercallName.text(of: number)
    case .controlRegister(_, 2): return "clts"
    case .controlRegister(_, 3): return "lmsw"
    case .controlRegister(let register, let access): return "\(direction(access == 0)) cr\(register)"
    case .debugRegister(let register, let isWrite): return "\(direction(isWrite)) dr\(register)"
    case .exception(let vector, let code):
      return ExceptionVector.text(of: vector) + (code.map { " " + PageFaultError.text($0) } ?? "")
    case .event(let bits): return EventInformation(UInt64(bits | 1 << 31))?.text ?? ""
    case .vector(let vector):
      return vector < 0 ? "no vector" : "vector \(hexadecimal(UInt64(vector)))"
    case .injected(let vector, let isSoftware, let isAgain):
      let kind = isSoftware ? "int" : "interrupt"
      return "\(kind) \(hexadecimal(UInt64(vector)))\(isAgain ? " again" : "")"
    case .apic(let offset, let isWrite):
      return [isWrite.map(direction), APICRegister.text(at: offset)].compactMap { $0 }.joined(separator: " ")
    case .incompleteIPI(let cause):
      return cause < Self.causes.count ? Self.causes[Int(cause)] : "cause \(cause)"
    case .pageFault(let code, let page):
      return (page.map { "gpa \(hexadecimal($0)) " } ?? "") + PageFaultError.text(code)
    case .eptViolation(let qualification): return EPTViolation.text(qualification)
    case .memory(let address, let size, let isWrite, let isOpen):
      return "\(isOpen ? "open " : "")\(direction(isWrite)) \(hexadecimal(address))/\(size)"
    case .emulation(let hasFailed): return hasFailed ? "failed" : "done"
    case .other: return "other"
    }
  }

  private func direction(_ isWrite: Bool) -> String { isWrite ? "write" : "read" }

  /// `asm/svm.h` of the kernel, `enum avic_ipi_failure_cause` (Linux 6.18).
  private static let causes = [
    "invalid interrupt type", "target not running", "invalid target", "invalid backing page",
    "invalid vector",
  ]
}
