import CLinuxKVM
import SortieKVM

/// A `kvm_run` filled by the kernel header's own field names, so that the decoder's offsets are judged by the C
/// compiler and not by themselves.
struct ConstructedRunPage: ~Copyable {
  static let size = 3 * 4096
  let base: UnsafeMutableRawPointer

  init(reason: UInt32) {
    base = .allocate(byteCount: ConstructedRunPage.size, alignment: 4096)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: ConstructedRunPage.size)
    run.pointee.exit_reason = reason
  }

  deinit { base.deallocate() }

  var run: UnsafeMutablePointer<kvm_run> { base.assumingMemoryBound(to: kvm_run.self) }

  var exit: Exit { Exit(runPage: base, size: ConstructedRunPage.size) }

  /// The union's bytes, for exits that the installed header does not have.
  func setPayload<Payload>(_ payload: Payload) {
    (base + MemoryLayout<kvm_run>.offset(ofPadding: ())).storeBytes(of: payload, as: Payload.self)
  }
}

extension MemoryLayout where T == kvm_run {
  /// `kvm_run`'s union follows `apic_base`.
  static func offset(ofPadding: ()) -> Int {
    (MemoryLayout<kvm_run>.offset(of: \.apic_base) ?? 0) + MemoryLayout<UInt64>.size
  }
}
