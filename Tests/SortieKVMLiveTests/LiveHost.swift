import Glibc
import SortieKVM
import Testing

/// Whether this host's /dev/kvm can run the guests of these tests, and why not.
enum LiveHost {
  static let obstacle: String? = {
    do throws(KVMError) {
      let system = try KVMSystem()
      let machine = try system.makeVM()
      _ = try machine.makeVCPU(id: 0)
      return nil
    } catch {
      return error.description
    }
  }()

  static var isUsable: Bool { obstacle == nil }

  static func has(_ capability: KVMCapability) -> Bool {
    guard let system = try? KVMSystem() else { return false }
    return system.capability(capability) > 0
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips where /dev/kvm is not usable, with the reason.
  static var needsKVM: ConditionTrait {
    .enabled(if: LiveHost.isUsable, "needs a usable /dev/kvm: \(LiveHost.obstacle ?? "")")
  }

  /// Skips where this KVM lacks a capability.
  static func needs(_ capability: KVMCapability) -> ConditionTrait {
    .enabled(if: LiveHost.has(capability), "needs \(capability.name)")
  }
}
