/// The facts about a host that decide how many exits an operation causes.
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
  /// The host's kernel; nil where unknown, which widens some counts.
  public var kernel: KernelVersion?

  /// A host described by its facts.
  public init(_ execution: Execution, virtualAPIC: Bool = false, kernel: KernelVersion? = nil) {
    self.execution = execution
    self.virtualAPIC = virtualAPIC
    self.kernel = kernel
  }

  /// Whether there are hardware exits to count.
  public var hasHardwareExits: Bool { execution != .emulated }
}
