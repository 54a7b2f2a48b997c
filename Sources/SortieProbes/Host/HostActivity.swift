import Glibc

/// What a host did while something was measured on it, from the making of this value on.
public struct HostActivity: Sendable {
  private let ticks = ProcessorTicks(KernelFile.read("/proc/stat") ?? "")
  private let load = Self.loadAverage()

  /// Begins now.
  public init() {}

  /// What happened until now: `load_before` and `load_after`, averages over a minute; `steal`, the share of processor time
  /// that the hypervisor below took; `busy_processors`, how many did something, this measurement included. What the kernel
  /// does not state is absent.
  public func conditions() -> [String: String] {
    var conditions: [String: String] = [:]
    conditions["load_before"] = load
    conditions["load_after"] = Self.loadAverage()
    guard let ticks, let passed = ProcessorTicks(KernelFile.read("/proc/stat") ?? "")?.since(ticks) else {
      return conditions
    }
    conditions["steal"] = passed.stealShare.map(HostDescription.percent)
    let processors = Double(max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1))
    conditions["busy_processors"] = passed.busyShare.map { HostDescription.tenths($0 * processors) }
    return conditions
  }

  private static func loadAverage() -> String? {
    KernelFile.read("/proc/loadavg")?.split(separator: " ").first.map(String.init)
  }
}
