internal import CLinuxKVM

/// General registers of a vCPU (`kvm_regs`).
public struct Registers: Equatable, Sendable {
  /// General register.
  public var rax: UInt64 = 0, rbx: UInt64 = 0, rcx: UInt64 = 0, rdx: UInt64 = 0
  /// General register.
  public var rsi: UInt64 = 0, rdi: UInt64 = 0, rsp: UInt64 = 0, rbp: UInt64 = 0
  /// General register.
  public var r8: UInt64 = 0, r9: UInt64 = 0, r10: UInt64 = 0, r11: UInt64 = 0
  /// General register.
  public var r12: UInt64 = 0, r13: UInt64 = 0, r14: UInt64 = 0, r15: UInt64 = 0
  /// Instruction pointer.
  public var rip: UInt64 = 0
  /// Flags; bit 1 is always set.
  public var rflags: UInt64 = 2

  /// All registers zero, flags 2.
  public init() {}

  init(_ raw: kvm_regs) {
    (rax, rbx, rcx, rdx) = (raw.rax, raw.rbx, raw.rcx, raw.rdx)
    (rsi, rdi, rsp, rbp) = (raw.rsi, raw.rdi, raw.rsp, raw.rbp)
    (r8, r9, r10, r11) = (raw.r8, raw.r9, raw.r10, raw.r11)
    (r12, r13, r14, r15) = (raw.r12, raw.r13, raw.r14, raw.r15)
    (rip, rflags) = (raw.rip, raw.rflags)
  }

  var raw: kvm_regs {
    kvm_regs(
      rax: rax, rbx: rbx, rcx: rcx, rdx: rdx, rsi: rsi, rdi: rdi, rsp: rsp, rbp: rbp, r8: r8, r9: r9,
      r10: r10,
      r11: r11, r12: r12, r13: r13, r14: r14, r15: r15, rip: rip, rflags: rflags)
  }
}

/// A segment register with its hidden part (`kvm_segment`).
public struct Segment: Equatable, Sendable {
  /// Linear base address.
  public var base: UInt64 = 0
  /// Last valid offset, bytes.
  public var limit: UInt32 = 0
  /// Visible selector.
  public var selector: UInt16 = 0
  /// Type field of the descriptor, 4 bits.
  public var type: UInt8 = 0
  /// Present.
  public var present = false
  /// Descriptor privilege level, 0 to 3.
  public var dpl: UInt8 = 0
  /// Default operand size is 32 bits.
  public var db = false
  /// Code or data rather than system.
  public var isCodeOrData = false
  /// 64-bit code.
  public var longMode = false
  /// The limit counts 4 KiB pages.
  public var granularity = false
  /// For software.
  public var available = false
  /// The segment cannot be used.
  public var unusable = false

  /// An empty segment.
  public init() {}

  init(_ raw: kvm_segment) {
    (base, limit, selector, type, dpl) = (raw.base, raw.limit, raw.selector, raw.type, raw.dpl)
    (present, db, isCodeOrData, longMode) = (raw.present != 0, raw.db != 0, raw.s != 0, raw.l != 0)
    (granularity, available, unusable) = (raw.g != 0, raw.avl != 0, raw.unusable != 0)
  }

  var raw: kvm_segment {
    var raw = kvm_segment()
    (raw.base, raw.limit, raw.selector, raw.type, raw.dpl) = (base, limit, selector, type, dpl)
    (raw.present, raw.db, raw.s, raw.l) = (
      present ? 1 : 0, db ? 1 : 0, isCodeOrData ? 1 : 0, longMode ? 1 : 0
    )
    (raw.g, raw.avl, raw.unusable) = (granularity ? 1 : 0, available ? 1 : 0, unusable ? 1 : 0)
    return raw
  }
}

/// A descriptor table register (`kvm_dtable`).
public struct DescriptorTable: Equatable, Sendable {
  /// Linear base address.
  public var base: UInt64 = 0
  /// Last valid offset, bytes.
  public var limit: UInt16 = 0

  /// An empty table.
  public init() {}

  /// A table at `base` whose last valid offset is `limit`.
  public init(base: UInt64, limit: UInt16) {
    self.base = base
    self.limit = limit
  }
}

/// Segments, descriptor tables and control registers of a vCPU (`kvm_sregs`).
public struct SpecialRegisters: Equatable, Sendable {
  /// Segment register.
  public var cs = Segment(), ds = Segment(), es = Segment(), fs = Segment(), gs = Segment(), ss = Segment()
  /// Task register and local descriptor table.
  public var tr = Segment(), ldt = Segment()
  /// Descriptor table.
  public var gdt = DescriptorTable(), idt = DescriptorTable()
  /// Control register.
  public var cr0: UInt64 = 0, cr2: UInt64 = 0, cr3: UInt64 = 0, cr4: UInt64 = 0, cr8: UInt64 = 0
  /// Extended feature enables.
  public var efer: UInt64 = 0
  /// IA32_APIC_BASE.
  public var apicBase: UInt64 = 0
  /// One bit for each pending external interrupt, vector 0 in bit 0 of the first word.
  public var interruptBitmap: [4 of UInt64] = [0, 0, 0, 0]

  /// All zero.
  public init() {}

  init(_ raw: kvm_sregs) {
    (cs, ds, es) = (Segment(raw.cs), Segment(raw.ds), Segment(raw.es))
    (fs, gs, ss) = (Segment(raw.fs), Segment(raw.gs), Segment(raw.ss))
    (tr, ldt) = (Segment(raw.tr), Segment(raw.ldt))
    gdt = DescriptorTable(base: raw.gdt.base, limit: raw.gdt.limit)
    idt = DescriptorTable(base: raw.idt.base, limit: raw.idt.limit)
    (cr0, cr2, cr3, cr4, cr8) = (raw.cr0, raw.cr2, raw.cr3, raw.cr4, raw.cr8)
    (efer, apicBase) = (raw.efer, raw.apic_base)
    let bits = raw.interrupt_bitmap
    interruptBitmap = [bits.0, bits.1, bits.2, bits.3]
  }

  var raw: kvm_sregs {
    var raw = kvm_sregs()
    (raw.cs, raw.ds, raw.es) = (cs.raw, ds.raw, es.raw)
    (raw.fs, raw.gs, raw.ss) = (fs.raw, gs.raw, ss.raw)
    (raw.tr, raw.ldt) = (tr.raw, ldt.raw)
    (raw.gdt.base, raw.gdt.limit) = (gdt.base, gdt.limit)
    (raw.idt.base, raw.idt.limit) = (idt.base, idt.limit)
    (raw.cr0, raw.cr2, raw.cr3, raw.cr4, raw.cr8) = (cr0, cr2, cr3, cr4, cr8)
    (raw.efer, raw.apic_base) = (efer, apicBase)
    raw.interrupt_bitmap = (interruptBitmap[0], interruptBitmap[1], interruptBitmap[2], interruptBitmap[3])
    return raw
  }

  /// Whether two sets of registers are equal.
  public static func == (left: SpecialRegisters, right: SpecialRegisters) -> Bool {
    left.cs == right.cs && left.ds == right.ds && left.es == right.es && left.fs == right.fs
      && left.gs == right.gs && left.ss == right.ss && left.tr == right.tr && left.ldt == right.ldt
      && left.gdt == right.gdt && left.idt == right.idt && left.cr0 == right.cr0 && left.cr2 == right.cr2
      && left.cr3 == right.cr3 && left.cr4 == right.cr4 && left.cr8 == right.cr8 && left.efer == right.efer
      && left.apicBase == right.apicBase
      && (0..<4).allSatisfy { left.interruptBitmap[$0] == right.interruptBitmap[$0] }
  }
}
