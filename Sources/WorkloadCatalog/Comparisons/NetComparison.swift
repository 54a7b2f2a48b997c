extension ReadyComparison {
  /// Frames that the machine answers, on the network cards a machine can have: one at a time, and 32 at once.
  static let net = ReadyComparison(
    name: "net", does: { "send a frame of \($0) bytes and receive its answer" }, bytes: 1512,
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
        interrupt is injected by irqfd. Light besides: the EOI, at most one HLT and one interrupt window.
        """, heavy: 0...0, light: 1...4),
      net(
        "net-virtio-exit", "net-virtio",
        """
        One kick for what was made available, a write to a page without memory: at most one heavy exit, none while the device \
        has said that it looks by itself (Virtual I/O Device 1.2, section 2.7.10).
        """, heavy: 0...1, options: ["--kick", "exit"]),
      net(
        "net-vhost", "net-virtio",
        """
        As net-virtio, but the host's kernel serves the queues (vhost-net), and the frames come over a tap interface: the guest \
        sees the same device, so its exits are the same.
        """, heavy: 0...0, light: 1...4, options: vhost),
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
      net(
        "net-vhost-32", "net-virtio",
        """
        32 frames at once, with one kick for all of them, a light exit, and at most one interrupt an answer, for the kernel \
        gives them to the guest as they come: nothing heavy.
        """, heavy: 0...0, light: 0.03125...3.0625, depth: 32, options: vhost),
    ])

  /// A stream of frames from the guest, 8 at once.
  static let netSend = ReadyComparison(
    name: "net-send", does: { "send a frame of \($0) bytes, of a stream" }, bytes: 1512,
    variants: [
      net(
        "send-e1000", "net-e1000",
        """
        The transmit ring's tail is written once for 8 frames, the last of which interrupts when it is gone, and the causes are \
        read (Software Developer's Manual, sections 3.3.3 and 3.4); perhaps twice where KVM emulates guest code, which ends an \
        interrupt as it delivers it, and a pin that is up interrupts again.
        """, heavy: 0.25...0.375, ofHardware: 0.25...0.25, depth: 8, percent: 100),
      net(
        "send-virtio", "net-virtio",
        "One kick for 8 frames, a light exit, one EOI, at most one HLT and one interrupt window: nothing heavy.",
        heavy: 0...0, light: 0.125...0.5, depth: 8, percent: 100),
      net(
        "send-virtio-exit", "net-virtio",
        "One kick for 8 frames, at most one heavy exit for 8 frames.", heavy: 0...0.125, depth: 8,
        percent: 100, options: ["--kick", "exit"]),
      net(
        "send-vhost", "net-virtio",
        """
        As send-virtio by the host's kernel, which may interrupt before all 8 are gone: at most once a frame.
        """, heavy: 0...0, light: 0.125...3.125, depth: 8, percent: 100, options: vhost),
    ])

  /// A stream of frames to the guest, which looks at 8 at once and makes room for as many.
  static let netReceive = ReadyComparison(
    name: "net-receive", does: { "receive a frame of \($0) bytes, of a stream" }, bytes: 1512,
    variants: [
      net(
        "receive-e1000", "net-e1000",
        """
        The receive ring's tail gives the room of 8 frames back, but for the first 8, and the guest waits only for frames that \
        have not come yet, each of which interrupts at most once, and reads the causes then (Software Developer's Manual, \
        sections 3.2.6 and 13.4.17).
        """, heavy: 0.1...1.125, depth: 8, percent: 0),
      net(
        "receive-virtio", "net-virtio",
        """
        At most one kick for the room of 8 frames, none while the device has room and has said so (Virtual I/O Device 1.2, section \
        2.7.10), which ioeventfd makes a light exit, and for each frame at most one EOI, HLT and interrupt window: nothing heavy.
        """, heavy: 0...0, light: 0...3.125, depth: 8, percent: 0),
      net(
        "receive-virtio-exit", "net-virtio",
        "At most one kick for the room of 8 frames, a heavy exit.", heavy: 0...0.125, depth: 8, percent: 0,
        options: ["--kick", "exit"]),
      net(
        "receive-vhost", "net-virtio",
        "As receive-virtio by the host's kernel: nothing heavy.", heavy: 0...0, light: 0...3.125, depth: 8,
        percent: 0, options: vhost),
    ])

  private static let vhost = ["--net", "sortie-plan,vhost"]

  /// Parameters of the plan: bytes of a frame, seed, share that the guest sends, depth.
  private static func net(
    _ name: String, _ workload: String, _ prediction: String, heavy: ClosedRange<Double>,
    ofHardware: ClosedRange<Double>? = nil,
    light: ClosedRange<Double>? = nil, depth: UInt64 = 1, percent: UInt64 = 50, options: [String] = []
  ) -> Variant {
    Variant(
      name: name, workload: workload, iterations: 256,
      parameters: [1512, 1, percent, depth], options: options,
      prediction: prediction, heavy: heavy, heavyOfHardware: ofHardware, light: light)
  }
}
