/// The facts about a host, and about a machine on it, that decide how many exits an operation causes. With hardware exits goes a second level of
/// page tables (EPT, NPT), KVM's default wherever the processor has it.
public struct HostKind: Sendable, Hashable {
  /// What executes guest code.
  public enum Execution: String, Sendable, Hashable, CaseIterable {
    /// KVM's instruction emulator: operations reach their handlers without a hardware exit.
    case emulated
    /// Intel VMX.
    case vmx
    /// AMD SVM.
    case svm
  }

  /// Who emulates a machine's interrupt controllers.
  public enum IRQChip: String, Sendable, Hashable, CaseIterable {
    /// KVM, all of them.
    case kernel
    /// KVM the local APICs, and user space the I/O APIC; there is no PIC (KVM_CAP_SPLIT_IRQCHIP).
    case split
  }

  /// Major and minor number of a Linux release.
  public struct KernelVersion: Sendable, Hashable, Comparable {
    /// 6 of 6.18.
    public var major: Int
    /// 18 of 6.18.
    public var minor: Int

    /// A release by its two numbers.
    public init(_ major: Int, _ minor: Int) {
      self.major = major
      self.minor = minor
    }

    /// Older first.
    public static func < (left: KernelVersion, right: KernelVersion) -> Bool {
      (left.major, left.minor) < (right.major, right.minor)
    }
  }

  /// What executes guest code.
  public var execution: Execution
  /// Whether the processor may serve local APIC writes itself (APICv, AVIC): modules' parameters `enable_apicv`
  /// and `avic`. An in-kernel PIT that reinjects ticks inhibits it, so counts are ranges where it is on.
  public var virtualAPIC: Bool
  /// Whether a guest that repeats PAUSE is made to exit (pause-loop exiting, pause filter): modules' parameters
  /// `ple_gap`, `pause_filter_count` and `pause_filter_thresh`, which KVM sets to 0 where the processor cannot.
  public var pauseLoopExits: Bool
  /// Whether the processor is itself emulated (QEMU's TCG), which does not know all that KVM may ask to intercept.
  public var emulatedProcessor: Bool
  /// The host's kernel; nil where unknown, which widens some counts.
  public var kernel: KernelVersion?
  /// The machine's interrupt controllers.
  public var irqchip = IRQChip.kernel

  /// A host described by its facts.
  public init(
    _ execution: Execution, virtualAPIC: Bool = false, pauseLoopExits: Bool = false,
    emulatedProcessor: Bool = false, kernel: KernelVersion? = nil
  ) {
    self.execution = execution
    self.virtualAPIC = virtualAPIC
    self.pauseLoopExits = pauseLoopExits
    self.emulatedProcessor = emulatedProcessor
    self.kernel = kernel
  }

  /// Whether there are hardware exits to count.
  public var hasHardwareExits: Bool { execution != .emulated }
}
