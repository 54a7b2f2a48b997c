import ArgumentParser
import SortieMachine

/// Who emulates what of a guest's machine, and how its virtio devices are kicked and interrupt: for what is recorded and
/// for what is measured.
struct DeviceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Who emulates the interrupt controllers, of a workload's machine as of a PC: kernel, or split (the local APICs by KVM, the I/O APIC here).",
      valueName: "who"))
  var irqchip = IRQChip.kernel

  @Option(
    help: ArgumentHelp(
      "How a driver's kick of a virtio queue arrives, where the guest has one: ioeventfd (inside the kernel) or exit (a round trip).",
      valueName: "how"))
  var kick = KickMethod.ioeventfd

  @Option(
    help: ArgumentHelp("How virtio devices interrupt: irqfd or ioctl (KVM_SIGNAL_MSI).", valueName: "how"))
  var interrupt = InterruptMethod.irqfd

  /// Takes them over into `settings`.
  func apply(to settings: inout RunSettings) {
    settings.irqchip = irqchip
    settings.kick = kick
    settings.interrupts = interrupt
  }
}
