public import SystemPackage

/// Why the kernel's tracepoints cannot be recorded; each prints as one sentence.
public enum ProbeError: Error, CustomStringConvertible, Sendable {
  /// No tracefs is mounted, and none could be had.
  case noTracefs(Errno)
  /// It is mounted here, where this user may not look.
  case forbidden(String)
  /// A file or directory of tracefs: its path there, what was done to it, why that failed.
  case file(String, operation: String, Errno)
  /// The kernel has no trace clock that reads the TSC: those it has.
  case noTSCClock(available: String)
  /// None of the events is there.
  case noEvents
  /// A file that describes a layout cannot be understood.
  case layout(String, EventFormatError)
  /// Memory of so many bytes could not be had.
  case memory(bytes: Int)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .noTracefs(.notPermitted), .noTracefs(.permissionDenied):
      "tracefs is not mounted, and only root may mount one"
    case .forbidden(let path): "needs root: \(path) may only be read by root"
    case .noTracefs(let errno): "this kernel's tracefs cannot be reached: \(errno)"
    case .file(let path, let operation, .permissionDenied):
      "tracefs: no permission to \(operation) \(path); run as root, or let root give your group access"
    case .file(let path, let operation, let errno): "tracefs: cannot \(operation) \(path): \(errno)"
    case .noTSCClock(let available): "this kernel has no trace clock x86-tsc (it has: \(available))"
    case .noEvents:
      "this kernel has none of KVM's tracepoints: the module kvm is not loaded or built without them"
    case .layout(let path, let error): "tracefs: \(path): \(error)"
    case .memory(let bytes): "\(bytes) bytes of memory for kernel events cannot be had"
    }
  }
}
