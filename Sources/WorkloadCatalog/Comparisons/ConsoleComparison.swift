extension ReadyComparison {
  /// Chunks of 64 characters on the consoles a machine can have.
  static let console = ReadyComparison(
    name: "console", does: { "write \($0) characters" }, bytes: 64,
    variants: [
      Variant(
        name: "console-16550", workload: "console-16550", iterations: 256,
        prediction: """
          A port write for each character, and a look at the line status before each 16 that the FIFO takes (16550D data sheet, \
          section 8): 64 + 4 round trips.
          """, heavy: 68...68, light: nil),
      Variant(
        name: "console-virtio", workload: "console-virtio", iterations: 256,
        prediction: """
          One kick for the whole chunk (Virtual I/O Device 1.2, section 5.3.6), which ioeventfd makes a light exit. Light \
          besides: the EOI, at most one HLT and one interrupt window.
          """, heavy: 0...0, light: 1...4),
      Variant(
        name: "console-virtio-exit", workload: "console-virtio", iterations: 256,
        options: ["--kick", "exit"],
        prediction: "One kick for the whole chunk, at most one heavy exit.", heavy: 0...1, light: nil),
    ])
}
