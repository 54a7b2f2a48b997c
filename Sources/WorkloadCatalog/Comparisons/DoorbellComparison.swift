extension ReadyComparison {
  /// How a guest can tell the other side that there is work: what virtio calls a notification.
  static let doorbell = ReadyComparison(
    name: "doorbell", does: { _ in "tell the other side that there is work" },
    variants: [
      doorbell(
        "pio-write",
        """
        OUT to a port without a device in the kernel: KVM returns KVM_EXIT_IO to user space, one heavy exit (Linux, \
        Documentation/virt/kvm/api.rst, "KVM_EXIT_IO").
        """, heavy: 1, light: 0),
      doorbell(
        "mmio-write",
        """
        A store to a page without memory: a nested page fault, whose instruction KVM decodes and returns as KVM_EXIT_MMIO, \
        one heavy exit (api.rst, "KVM_EXIT_MMIO").
        """, heavy: 1, light: 0),
      doorbell(
        "hypercall",
        """
        VMCALL or VMMCALL that KVM answers itself, and tells nobody: the way to KVM and back alone, one light exit (Linux, \
        Documentation/virt/kvm/x86/hypercalls.rst).
        """, heavy: 0, light: 1),
      doorbell(
        "msr-filtered",
        """
        An MSR that the filter denies: KVM returns it to user space, one heavy exit (api.rst, "KVM_X86_SET_MSR_FILTER", \
        "KVM_EXIT_X86_RDMSR").
        """, heavy: 1, light: 0),
      doorbell(
        "pio-ioeventfd",
        """
        OUT to a port with an ioeventfd: KVM signals it and enters the guest again, one light exit (api.rst, "KVM_IOEVENTFD"). \
        Whoever waits for the eventfd wakes up on another processor.
        """, heavy: 0, light: 1),
      doorbell(
        "mmio-ioeventfd",
        """
        A store to an address with an ioeventfd: one light exit, whose instruction is decoded first unless the eventfd takes \
        any length (api.rst, "KVM_IOEVENTFD").
        """, heavy: 0, light: 1),
    ])

  private static func doorbell(
    _ workload: String, _ prediction: String, heavy: Double, light: Double
  ) -> Variant {
    Variant(
      name: workload, workload: workload, iterations: 2000, prediction: prediction, heavy: heavy...heavy,
      light: light...light)
  }
}
