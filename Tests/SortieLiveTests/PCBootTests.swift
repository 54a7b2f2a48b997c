import Testing

extension LiveTests {
  /// PCs whose kernel is a test kernel.
  @Suite struct PCBootTests {
    static let kernels: [(String, [UInt8])] = [
      ("Multiboot, ELF", PCKernel.multiboot(PCKernel.exit)),
      ("Multiboot, flat", PCKernel.flat(PCKernel.exit)),
      ("PVH", PCKernel.pvh(PCKernel.exit)),
    ]

    @Test(arguments: kernels.map(\.0), ["kernel", "split"])
    func theStatusOfATestKernelIsTheProcesssOwn(kind: String, irqchip: String) throws {
      let bytes = try #require(Self.kernels.first { $0.0 == kind }?.1)
      let recording = try PCRecording(bytes, ["--irqchip", irqchip])
      // (0x10 << 1) | 1, as with QEMU's isa-debug-exit.
      #expect(recording.result.ending == .exited(33), "\(recording.result.messages)")
      let sites = try recording.trace.events().filter(\.isHeavy).map(\.site)
      #expect(sites == ["pio write 0xf4/1"])
      let vm = try #require(recording.trace.report().vms.first)
      #expect(vm["boot_protocol"] == String(kind.prefix { $0 != "," }))
      #expect(vm["exit_status"] == "33")
      #expect(vm["irqchip"] == irqchip)
    }
  }
}

/// A PC that was recorded without the kernel's events.
struct PCRecording {
  let trace: Recording
  var result: Subprocess.Result { trace.result }

  init(_ kernel: [UInt8], _ more: [String] = []) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("run.sortie")
    let file = try directory.write(kernel, to: "kernel")
    let result = try SortieTool.run(
      ["record", "--kernel", file, "--memory", "16", "--no-kernel", "--timeout", "20", "-o", path] + more)
    trace = Recording(directory, path: path, result)
  }
}
