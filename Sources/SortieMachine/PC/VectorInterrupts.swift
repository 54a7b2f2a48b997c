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
  private let vm: VMBox
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
    self.vm = vm
    self.router = router
    self.method = method
    self.pin = pin
    var vectors: [VectorBox] = []
    for _ in 0..<vectorCount { vectors.append(try VectorBox(gsi: try router.allocate())) }
    self.vectors = vectors
  }

  /// A vector that is masked has no irqfd: what the kernel signals meanwhile stays in the eventfd, and KVM takes it up when
  /// it gets it back (virt/kvm/eventfd.c, `kvm_irqfd_assign`).
  func route(vector: Int, to message: MSIMessage?) {
    guard vectors.indices.contains(vector) else { return }
    let vector = vectors[vector]
    let before = vector.message.withLock { current in
      defer { current = message }
      return current
    }
    guard let message else {
      if before != nil { try? vm.vm.deassignIRQFD(vector.event, gsi: vector.gsi) }
      return
    }
    router.route(vector.gsi, to: message)
    if before == nil { try? vm.vm.assignIRQFD(vector.event, gsi: vector.gsi) }
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

  init(gsi: UInt32) throws(MachineError) {
    self.gsi = gsi
    do { event = try EventFD() } catch { throw .kvm(error) }
  }
}
