internal import GuestABI
internal import SortieDevices
internal import SortieKVM

/// The port that injects an interrupt inside the kernel (`guest_abi.h`): one eventfd is KVM's ioeventfd and its irqfd,
/// so the guest's own write is what raises the interrupt, with no thread between.
///
/// The interrupt is a message (MSI): KVM delivers it in the very context that signals the eventfd, while a pin of an
/// interrupt controller would go through a work queue (virt/kvm/eventfd.c, `irqfd_wakeup`).
final class IRQFD: Sendable {
  private let event: EventFD

  init(_ vm: borrowing VirtualMachine, _ router: InterruptRouter) throws(MachineError) {
    let gsi = try router.allocate()
    router.route(gsi, to: Self.message)
    do throws(KVMError) {
      event = try EventFD()
      try vm.assignIRQFD(event, gsi: gsi)
      try vm.assignIOEventFD(event, address: UInt64(SORTIE_PORT_IRQFD), length: 4, kind: .pio)
    } catch {
      throw .kvm(error)
    }
  }

  /// To APIC ID 0, physical, fixed, edge (Intel SDM vol. 3, 11.11).
  private static let message = MSIMessage(address: 0xfee0_0000, data: SORTIE_IRQFD_VECTOR)
}
