import SortieTrace

/// Events of the kernel in words; FORMAT.md, section 12, says where their fields are.
struct KernelEventText {
  private let fields: KernelEventFields
  private let threads: VCPUThreads

  init(_ fields: KernelEventFields, threads: VCPUThreads) {
    self.fields = fields
    self.threads = threads
  }

  /// What the row says, which is of the tracepoint `event`; nothing for one that this version does not know.
  func text(of event: String) -> String {
    let flags = fields.value(.flags)
    switch event {
    case "kvm_exit": return exit
    case "kvm_entry": return entry
    case "kvm_userspace_exit":
      let errno = Int64(bitPattern: fields.value(.errno))
      // Linux tells a return without an exit by a negative errno; the reason is stale then.
      if errno == 4 { return "EINTR" }
      if errno > 0 { return "errno \(errno)" }
      return KVMExitReason.name(of: UInt32(truncatingIfNeeded: fields.value(.reason)))
    case "kvm_fpu": return flags & 1 != 0 ? "load" : "unload"
    case "kvm_vcpu_wakeup": return "\(flags & 1 != 0 ? "waited" : "polled") \(fields.value(.number)) ns"
    case "kvm_halt_poll_ns":
      return "\(flags & 1 != 0 ? "grow" : "shrink") \(fields.value(.previous)) to \(fields.value(.number)) ns"
    case "sched_switch":
      return "\(name(.thread)) (state \(hexadecimal(fields.value(.threadState)))) to \(name(.nextThread))"
    case "sys_enter":
      return SystemCall(number: fields.value(.address), secondArgument: fields.value(.info1)).text
    case "sys_exit":
      return "\(Int64(bitPattern: fields.value(.number)))"
    case "left_out":
      let until = fields.value(.number)
      return "\(fields.value(.count)) events of \(fields.value(.info1)) operations, for"
        + " \(until &- min(until, fields.value(.tsc))) cycles"
    default: return DetailEvent(rawValue: event).map(detail) ?? ""
    }
  }

  private var exit: String {
    let reason = HardwareExitReason(fields)
    var words = [reason.name]
    if let detail = ExitDetail(reason, fields) { words.append(detail.text) }
    if reason.isa == 2, reason.number == SVMExitCode.nestedPageFault {
      words.append("at \(hexadecimal(fields.value(.info2)))")
    }
    // What was on its way into the guest: VMX has it in info2, SVM in the field that is the exit's own on VMX.
    let delivery = EventInformation(fields.value(reason.isa == 1 ? .info2 : .interruptInfo))
    if let delivery { words.append("delivering \(delivery.text)") }
    for (id, name) in [(ColumnID.info1, "info1"), (.info2, "info2")] where fields.value(id) != 0 {
      words.append("\(name) \(hexadecimal(fields.value(id)))")
    }
    return (words + rip).joined(separator: " ")
  }

  private var entry: String {
    let injected = EventInformation(fields.value(.interruptInfo)).map { ["injecting \($0.text)"] } ?? []
    let isImmediate = fields.value(.flags) & 2 != 0 ? ["to exit at once"] : []
    return (injected + isImmediate + rip).joined(separator: " ")
  }

  private var rip: [String] { fields[.rip].map { ["rip \(hexadecimal($0))"] } ?? [] }

  private func detail(_ event: DetailEvent) -> String {
    let text = ExitDetail(event, fields).text
    let number = hexadecimal(fields.value(.number))
    switch event {
    case .port, .memory, .msr, .apic: return "\(text) = \(number)"
    case .leaf: return "\(text) index \(number)\(fields.value(.flags) & 2 != 0 ? "" : " not found")"
    case .hypercall:
      let arguments = [ColumnID.info1, .info2, .number, .previous].map { hexadecimal(fields.value($0)) }
      return "\(text)(\(arguments.joined(separator: ", ")))"
    case .pageFault: return "\(text) at \(hexadecimal(fields.value(.address)))"
    case .endOfInterrupt: return "\(text) APIC \(fields.value(.apicID))"
    case .injection: return text
    case .emulation: return (["\(bytes)\(text == "failed" ? " failed" : "")"] + rip).joined(separator: " ")
    }
  }

  /// The instruction that KVM emulates, lowest address first.
  private var bytes: String {
    let count = Int(min(fields.value(.size), 15))
    let words = (fields.value(.info1), fields.value(.info2))
    guard count > 0 else { return "no bytes" }
    return (0..<count).map { index in
      let byte = UInt8(truncatingIfNeeded: (index < 8 ? words.0 : words.1) >> UInt64(8 * (index % 8)))
      return (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined(separator: " ")
  }

  private func name(_ id: ColumnID) -> String {
    guard let thread = fields[id].flatMap(UInt32.init(exactly:)) else { return "-" }
    return [threads.name(of: thread), "\(thread)"].compactMap { $0 }.joined(separator: " ")
  }
}
