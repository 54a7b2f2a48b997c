internal import SortieDevices
internal import SortieKVM

/// A shared virtual machine: what drives its interrupt lines keeps it alive.
final class VMBox: Sendable {
  let vm: VirtualMachine

  init(_ vm: consuming VirtualMachine) { self.vm = vm }
}

/// An input of the in-kernel interrupt controllers (KVM_IRQ_LINE).
final class IRQChipLine: InterruptLine {
  private let vm: VMBox
  private let gsi: UInt32

  init(vm: VMBox, gsi: UInt32) {
    self.vm = vm
    self.gsi = gsi
  }

  /// Drives the line. KVM refuses only a line that does not exist, which the board does not use.
  func set(level: Bool) { try? vm.vm.setIRQLine(gsi: gsi, level: level) }
}
