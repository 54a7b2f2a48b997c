import Glibc
import SortieProbes

/// Which VMs are attached to.
enum AttachTarget {
  case process(UInt32)
  case name(String)
  /// All there are, and those that come.
  case all

  /// The VMs there are now.
  ///
  /// - Throws: ``Failure`` where the one that was asked for cannot be attached to.
  func processes() throws(Failure) -> [KVMProcess] {
    do {
      switch self {
      case .process(let pid): return [try KVMProcess(pid)]
      case .name(let name): return [try KVMProcess.named(name)]
      // Sortie has VMs of its own for a moment, when it looks at the host.
      case .all: return KVMProcess.all().filter { $0.pid != UInt32(getpid()) && !$0.vcpus.isEmpty }
      }
    } catch {
      throw Failure(error)
    }
  }

  /// Whether VMs that come later are meant too.
  var isOpen: Bool { if case .all = self { true } else { false } }
}
