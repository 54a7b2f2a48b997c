/// A thread whose events are recorded.
public struct TracedThread: Sendable, Equatable {
  /// Kernel id of the thread.
  public var id: UInt32
  /// VM index.
  public var vm: UInt32
  /// vCPU index within its VM.
  public var vcpu: UInt32

  /// A thread that runs a vCPU.
  public init(id: UInt32, vm: UInt32, vcpu: UInt32) {
    self.id = id
    self.vm = vm
    self.vcpu = vcpu
  }
}
