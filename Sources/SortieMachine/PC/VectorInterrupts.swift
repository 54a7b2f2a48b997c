internal import SortieDevices
internal import SortieKVM
internal import Synchronization

/// How the devices of a machine raise message signalled interrupts.
public enum InterruptMethod: String, Sendable, CaseIterable {
  /// An eventfd each, which KVM turns into the interrupt (KVM_IRQFD).
  case irqfd
  /// A call each (KVM_SIGNAL_MSI).
  case ioctl
}

/// The interrupts of one PCI function: its message vectors, and its pin.
final class VectorInterrupts: FunctionInterrupts {

  private let router: InterruptRouter
  private let method: InterruptMethod
  private let vectors: [VectorBox]
  private let pin: (any InterruptLine)?

  /// The interrupts of a function with `vectorCount` message vectors, whose INTx pin drives `pin`.
  ///
  /// - Throws: ``MachineError``.
  init(
    vm: VMBox, router: InterruptRouter, method: InterruptMethod, vectorCount: Int,
    pin: (any InterruptLine)?
  ) throws(MachineError) {
    self.router = router
    self.method = method
    self.pin = pin
    var vectors: [VectorBox] = []
    for _ in 0..<vectorCount { vectors.append(try VectorBox(vm: vm, gsi: try router.allocate())) }
    self.vectors = vectors
  }

  func route(vector: Int, to message: MSIMessage?) {
    guard vectors.indices.contains(vector) else { return }
    vectors[vector].message.withLock { $0 = message }
    router.route(vectors[vector].gsi, to: message)
  }

  func send(vector: Int) {
    guard vectors.indices.contains(vector) else { return }
    switch method {
    case .irqfd: vectors[vector].event.signal()
    case .ioctl:
      guard let message = vectors[vector].message.withLock({ $0 }) else { return }
      router.send(message)
    }
  }

  func descriptor(vector: Int) -> Int32? {
    vectors.indices.contains(vector) ? vectors[vector].event.fileDescriptor : nil
  }

  func setPin(level: Bool) { pin?.set(level: level) }
}

/// A message vector: its GSI, and the eventfd that raises it.
private final class VectorBox: Sendable {
  let gsi: UInt32
  let event: EventFD
  /// Where the guest sends it; nil while it is masked.
  let message = Mutex<MSIMessage?>(nil)

  init(vm: VMBox, gsi: UInt32) throws(MachineError) {
    self.gsi = gsi
    do throws(KVMError) {
      event = try EventFD()
      try vm.vm.assignIRQFD(event, gsi: gsi)
    } catch {
      throw .kvm(error)
    }
  }
}
