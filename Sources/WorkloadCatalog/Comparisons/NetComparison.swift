extension ReadyComparison {
  /// Frames that the machine answers, on the network cards a machine can have: one at a time, and 32 at once.
  static let net = ReadyComparison(
    name: "net", operation: "send a frame of 1,512 bytes and receive its answer",
    variants: [
      net(
        "net-e1000", "net-e1000",
        """
        The transmit ring's tail is the doorbell, the interrupt's causes are read, and the receive ring's tail gives room back \
        (Intel PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual, sections 3.2.6, 3.4 and 13.4.17): \
        3 round trips, less the room that need not be given back at first, more where an interrupt comes before the answer.
        """, heavy: 2...4),
      net(
        "net-virtio", "net-virtio",
        """
        One kick for what was made available (Virtual I/O Device 1.2, section 2.7.13), which ioeventfd makes a light exit; the \
        interrupt is injected by irqfd. Light besides: the EOI and at most one HLT.
        """, heavy: 0...0, light: 1...4),
      net(
        "net-virtio-exit", "net-virtio",
        """
        One kick for what was made available, a write to a page without memory: at most one heavy exit, none while the device \
        has said that it looks by itself (Virtual I/O Device 1.2, section 2.7.10).
        """, heavy: 0...1, options: ["--kick", "exit"]),
      net(
        "net-e1000-32", "net-e1000",
        """
        32 frames at once: the two tails are written once for all of them, and the causes read once an interrupt, of which there \
        is one at the least.
        """, heavy: 0.0625...2, depth: 32),
      net(
        "net-virtio-32", "net-virtio",
        "32 frames at once, with one kick for all of them, a light exit: nothing heavy.", heavy: 0...0,
        light: 0.03125...2, depth: 32),
      net(
        "net-virtio-exit-32", "net-virtio",
        "32 frames at once, with one kick for all of them, at most one heavy exit for 32 frames.",
        heavy: 0...0.03125, depth: 32, options: ["--kick", "exit"]),
    ])

  /// Parameters of the plan: bytes of a frame, seed, answered, depth.
  private static func net(
    _ name: String, _ workload: String, _ prediction: String, heavy: ClosedRange<Double>,
    light: ClosedRange<Double>? = nil, depth: Int = 1, options: [String] = []
  ) -> Variant {
    Variant(
      name: name, workload: workload, iterations: 64,
      options: [1512, 1, 50, depth].flatMap { ["--parameter", "\($0)"] } + options, prediction: prediction,
      heavy: heavy, light: light)
  }
}
