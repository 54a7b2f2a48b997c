extension ReadyComparison {
  /// One I/O plan on the disks a machine can have: sectors of 512 bytes, half of them read and half written, in random order.
  static let disk = ReadyComparison(
    name: "disk", does: { "read or write \($0) bytes" }, bytes: 512, hasSeveralKinds: true,
    variants: [
      disk(
        "disk-ide-pio", "disk-ide-pio",
        """
        Six registers for a command (ATA/ATAPI-6, section 9.5), the status after the interrupt, and the data port: KVM hands \
        over each of the 256 words of REP OUTSW by itself, and reads ahead for REP INSW, 1 or 2 round trips. So a sector read \
        takes 8 or 9 round trips and one written, of which the first look at the status is one more, 264. How many of them are \
        writes the plan says.
        """, heavy: 8...264,
        mix: Variant.Mix(read: { 6 + 2 * $0...6 + 3 * $0 }, write: { 7 + 257 * $0...7 + 257 * $0 })),
      disk(
        "disk-ide-dma", "disk-ide-dma",
        """
        Six registers for a command and the status after the interrupt, and of the bus master six more (Programming Interface \
        for Bus Master IDE Controller, section 3.1): table, direction, status cleared, start, status, stop. The data move by \
        themselves.
        """, heavy: 13...13),
      disk(
        "disk-virtio", "disk-virtio",
        """
        One kick for what was made available (Virtual I/O Device 1.2, section 2.7.13), which ioeventfd makes a light exit; the \
        interrupt is injected by irqfd. Light besides: the EOI, at most one HLT and one interrupt window.
        """, heavy: 0...0, light: 1...4),
      disk(
        "disk-virtio-exit", "disk-virtio",
        """
        One kick for what was made available, a write to a page without memory: at most one heavy exit, none while the device has \
        said that it looks by itself (Virtual I/O Device 1.2, section 2.7.10).
        """, heavy: 0...1, options: ["--kick", "exit"]),
      disk(
        "disk-virtio-32", "disk-virtio",
        """
        32 requests at once, with one kick for all of them, a light exit: nothing heavy. Light of each request: 1/32 of the \
        kick, the EOI, the HLT and the interrupt window.
        """, heavy: 0...0, light: 0.03125...0.125, depth: 32),
      disk(
        "disk-virtio-exit-32", "disk-virtio",
        """
        32 requests at once, with one kick for all of them, at most one heavy exit for 32 requests.
        """, heavy: 0...0.03125, depth: 32, options: ["--kick", "exit"]),
    ])

  /// Parameters of the plan: bytes, seed, percent of writes, random order, depth.
  private static func disk(
    _ name: String, _ workload: String, _ prediction: String, heavy: ClosedRange<Double>,
    light: ClosedRange<Double>? = nil, depth: UInt64 = 1, options: [String] = [],
    mix: Variant.Mix? = nil
  ) -> Variant {
    Variant(
      name: name, workload: workload, iterations: 256,
      parameters: [512, 1, 50, 0] + (depth > 1 ? [depth] : []), options: options, prediction: prediction,
      heavy: heavy, light: light, mix: mix)
  }
}
