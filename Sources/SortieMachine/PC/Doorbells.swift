internal import SortieKVM
internal import SortieVirtio

/// The notifications of queues as KVM's ioeventfds, where the guest has put them.
final class Doorbells: Sendable {
  private let vm: VMBox
  private let isInKernel: Bool

  init(vm: VMBox, isInKernel: Bool) {
    self.vm = vm
    self.isInKernel = isInKernel
  }

  /// Where KVM refuses, for another register is there already, kicks are exits.
  func move(_ function: VirtioPCIFunction, bar: Int, from: UInt64?, to: UInt64?) {
    guard isInKernel else { return }
    for notification in function.notifications where notification.bar == bar {
      for (start, isAssigned) in [(from, false), (to, true)] {
        guard let start else { continue }
        try? vm.vm.setIOEventFD(
          notification.descriptor, address: start + notification.offset, length: Self.length, kind: .mmio,
          isAssigned: isAssigned)
      }
    }
  }

  /// Bytes of a notification without VIRTIO_F_NOTIFICATION_DATA (Virtio 1.2, section 4.1.5.2).
  private static let length: UInt32 = 2
}
