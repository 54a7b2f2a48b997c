extension ReadyComparison {
  /// One I/O plan whose guest takes an interrupt for each operation, on either kind of interrupt controllers: by the pin of an
  /// e1000, level triggered, which its driver masks meanwhile, and by a message (MSI-X) of a virtio card.
  static let irqchip = ReadyComparison(
    name: "irqchip", does: { "send a frame of \($0) bytes and take its interrupt" }, bytes: 1512,
    variants: [
      irqchip(
        "e1000-kernel", "net-e1000",
        """
        Heavy: the transmit ring's tail and a read of the causes. Light, for the I/O APIC is KVM's: four writes that mask the pin \
        and unmask it (82093AA data sheet, section 3.2.4), the EOI, at most one HLT and one interrupt window. All but the tail \
        twice where KVM emulates guest code: it ends an interrupt as it delivers it, and a pin that is up interrupts again.
        """, heavy: 2...3, ofHardware: 2...2, light: 5...7),
      irqchip(
        "e1000-split", "net-e1000",
        """
        The I/O APIC is the machine monitor's: its four writes return KVM_EXIT_MMIO, and the EOI of what is level triggered \
        returns KVM_EXIT_IOAPIC_EOI (api.rst, "KVM_CAP_SPLIT_IRQCHIP"), five heavy exits more an interrupt. Light: at most one HLT and one interrupt window.
        """, heavy: 7...13, ofHardware: 7...7, light: 0...2, split: true),
      irqchip(
        "virtio-kernel", "net-virtio",
        """
        A message goes to the local APIC, which is KVM's, past the I/O APIC: nothing heavy. Light: the kick, the EOI, at most \
        one HLT and one interrupt window.
        """, heavy: 0...0, light: 1...4),
      irqchip(
        "virtio-split", "net-virtio",
        """
        The local APIC stays KVM's (api.rst, "KVM_CAP_SPLIT_IRQCHIP"), and the end of what is edge triggered concerns no I/O \
        APIC: the same.
        """, heavy: 0...0, light: 1...4, split: true),
    ])

  /// Parameters of the plan: bytes of a frame, seed, sent only, one at a time, with the pin masked.
  private static func irqchip(
    _ name: String, _ workload: String, _ prediction: String, heavy: ClosedRange<Double>,
    ofHardware: ClosedRange<Double>? = nil, light: ClosedRange<Double>, split: Bool = false
  ) -> Variant {
    Variant(
      name: name, workload: workload, iterations: 256,
      parameters: [1512, 1, 100, 1] + (workload == "net-e1000" ? [1] : []),
      options: ["--irqchip", split ? "split" : "kernel"],
      prediction: prediction, heavy: heavy, heavyOfHardware: ofHardware, light: light)
  }
}
