internal import GuestABI
internal import SortieKVM

/// The port and the address that signal inside the kernel (`guest_abi.h`). Nobody waits on them: the counters are
/// read at the end, as evidence from outside of how often the guest wrote.
final class IOEventFDs: Sendable {
  private let port: EventFD
  private let memory: EventFD

  init(_ vm: borrowing VirtualMachine) throws(MachineError) {
    do throws(KVMError) {
      port = try EventFD()
      memory = try EventFD()
      try vm.assignIOEventFD(port, address: UInt64(SORTIE_PORT_IOEVENTFD), length: 4, kind: .pio)
      try vm.assignIOEventFD(
        memory, address: UInt64(SORTIE_MMIO_IOEVENTFD_GPA), length: 4, kind: .mmio)
    } catch {
      throw .kvm(error)
    }
  }

  /// Signals since the last call.
  func take() -> (port: UInt64, memory: UInt64) { (port.take(), memory.take()) }
}
