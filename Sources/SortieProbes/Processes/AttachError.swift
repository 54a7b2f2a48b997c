public import SystemPackage

/// Why a process cannot be attached to; each prints as one sentence.
public enum AttachError: Error, CustomStringConvertible, Sendable, Equatable {
  /// There is no such process.
  case noProcess(UInt32)
  /// Its descriptors may not be read.
  case unreadable(UInt32, Errno)
  /// It holds no VM.
  case noVM(UInt32, program: String)
  /// No VM has this name: the names there are.
  case noName(String, known: [String])
  /// Several have it: their processes.
  case manyNames(String, [UInt32])

  /// One sentence for people.
  public var description: String {
    switch self {
    case .noProcess(let pid): "there is no process \(pid)"
    case .unreadable(let pid, .permissionDenied):
      "process \(pid) may not be looked at: run as root (its /proc/\(pid)/fd needs the rights of ptrace)"
    case .unreadable(let pid, let errno): "/proc/\(pid)/fd cannot be read: \(errno)"
    case .noVM(let pid, let program):
      "process \(pid) (\(program)) has no VM of KVM's; `sortie attach --list` shows those that have"
    case .noName(let name, let known) where known.isEmpty:
      "no VM is called \(name): no process that may be looked at has a VM of KVM's (as root, all may)"
    case .noName(let name, let known):
      "no VM is called \(name); there are \(known.joined(separator: ", "))"
    case .manyNames(let name, let pids):
      "several VMs are called \(name): choose one by its process, \(pids.map { "\($0)" }.joined(separator: ", "))"
    }
  }
}
