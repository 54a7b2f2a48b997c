extension Workload {
  /// Guests that perform one and the same I/O plan (`io_plan.h`), each on another device.
  public static let io: [Workload] = [
    Workload(
      name: "console-16550",
      summary: "an I/O plan on the emulated 16550 UART, polled",
      details: """
        Chunks of characters to a 16550 with its FIFOs on: the line status is read until the transmitter is empty, then \
        sixteen characters are written, a port write each. So a chunk of 64 makes 4 + 64 heavy exits and as many round \
        trips; the device model has sent what is written when the write returns, so one look at the status is always \
        enough. The machine holds what arrives against the plan. Compare console-virtio.
        """,
      defaultIterations: 64,
      parameters: consoleParameters,
      requirements: [.uart],
      expect: { host, values in polledUART(bytes: values[0], on: host) },
      device: .uart),
    Workload(
      name: "console-virtio",
      summary: "an I/O plan on a virtio console",
      details: """
        Chunks of characters, each one buffer in the transmit queue of a virtio console on PCI: a kick, HLT, the \
        device's interrupt (MSI-X) and its EOI, whatever the size of the chunk. With ioeventfd the kick is a light exit \
        and a chunk makes no round trip; with --kick exit it is a heavy one. The machine holds what arrives against the \
        plan. Compare console-16550.
        """,
      defaultIterations: 64,
      parameters: consoleParameters,
      requirements: [.x2APIC],
      expect: { host, _ in virtio(batch: 1, setup: consoleSetup, on: host) },
      device: .virtioConsole,
      kicks: { _ in batches(of: 1, 0...1) }),
    Workload(
      name: "disk-virtio",
      summary: "an I/O plan on a virtio block device",
      details: """
        Reads and writes of a disk in the machine's memory by virtio-blk on PCI: as many requests at once as parameter 4 \
        says, with one kick, HLT, one interrupt (MSI-X) and its EOI for all of them. With ioeventfd the kick is a light \
        exit and an operation makes no round trip; with --kick exit it is a heavy one, at most one a batch: a driver \
        does not kick a device that has said that it looks by itself. The guest gives back the checksum over all it \
        has read, and the machine holds it and the disk's image against the plan.
        """,
      defaultIterations: 64,
      parameters: diskParameters,
      requirements: [.x2APIC],
      expect: { host, values in virtio(batch: values[4], setup: diskSetup, on: host) },
      device: .virtioBlock,
      depthParameter: 4,
      kicks: { values in batches(of: values[4], 0...1) }),
    Workload(
      name: "net-virtio",
      summary: "an I/O plan on a virtio network card",
      details: """
        Frames to the machine, which answers each with one of the same length, by virtio-net on PCI: as many at once as \
        parameter 3 says, with one kick, HLT, the interrupt of the answers (MSI-X) and its EOI for all of them. With \
        ioeventfd an operation makes no round trip; with --kick exit at most one a batch. The card has room for more \
        answers than come at once, so that it need not be told of new room. With parameter 2 = 100, frames are only \
        sent, and the interrupt is that of frames that are gone. Both sides hold all data against the plan.
        """,
      defaultIterations: 64,
      parameters: networkParameters,
      requirements: [.x2APIC],
      expect: { host, values in virtio(batch: values[3], setup: networkSetup, on: host) },
      device: .virtioNet,
      depthParameter: 3,
      kicks: { values in batches(of: values[3], 0...1, fixed: 1...1) }),
  ]

  private static let seed = Parameter(
    index: 1, meaning: "seed of data, directions and blocks", defaultValue: 1)

  private static let consoleParameters = [
    Parameter(index: 0, meaning: "characters of an operation, at most 65536", defaultValue: 64), seed,
  ]

  private static let networkParameters = [
    Parameter(index: 0, meaning: "bytes of a frame, a multiple of 8 from 64 to 1512", defaultValue: 1512),
    seed,
    Parameter(index: 2, meaning: "50: the machine answers each frame, 100: none", defaultValue: 50),
    Parameter(index: 3, meaning: "operations at once, a power of two up to 32", defaultValue: 1),
  ]

  private static let diskParameters = [
    Parameter(
      index: 0, meaning: "bytes of an operation, a multiple of 512, at most 65536", defaultValue: 4096),
    seed,
    Parameter(
      index: 2, meaning: "writes among the operations, percent", defaultValue: 50, acceptsZero: true),
    Parameter(
      index: 3, meaning: "1: block after block, otherwise in random order", defaultValue: 0),
    Parameter(
      index: 4, meaning: "operations at once, a power of two up to 32; with IDE 1", defaultValue: 1),
  ]

  // MARK: Expectations

  /// `occurrences` for each batch of `size` operations, and `fixed` besides.
  private static func batches(
    of size: UInt64, _ occurrences: ClosedRange<Int64>, fixed: ClosedRange<Int64> = 0...0
  ) -> ExpectedCount {
    var count = ExpectedCount(perIteration: occurrences, fixed: fixed)
    let size = max(1, Int64(clamping: size))
    count.group = size...size
    return count
  }

  /// A status read for every sixteen characters, a write for each, and three registers in the set-up.
  private static func polledUART(bytes: UInt64, on host: HostKind) -> Expectation {
    var expectation = Expectation(on: host)
    let bytes = Int64(clamping: bytes)
    let ports = ExpectedCount(perIteration: bytes + (bytes + 15) / 16, fixed: 4)
    expectation.roundTrips[.io] = ports
    expectation.expectHeavy(.io, ports, on: host)
    expectation.tracepoints[.pio] = ports
    return expectation
  }

  /// How often a virtio driver's set-up reads and writes.
  private struct VirtioSetup {
    /// Ports of PCI's configuration mechanism 1.
    var ports: Int64
    var reads: Int64
    var writes: Int64
  }

  /// What finding, negotiating and starting the devices takes, with one queue each.
  private static let diskSetup = VirtioSetup(ports: 0, reads: 0, writes: 0)
  private static let consoleSetup = diskSetup
  private static let networkSetup = diskSetup

  /// What a virtio driver causes beside its kicks: for each batch an HLT, and the EOI of the interrupt that ends it.
  private static func virtio(batch: UInt64, setup: VirtioSetup, on host: HostKind) -> Expectation {
    var expectation = Expectation(on: host)
    expectation.expectX2APIC(writes: 0...0, on: host)
    let ends = (host.virtualAPIC ? 0 : 1)...Int64(1)
    expectation.lightExits[.writeMSR]?.add(batches(of: batch, ends))
    expectation.tracepoints[.msr]?.add(batches(of: batch, ends))
    // A KVM that emulates guest code has ended the interrupt by itself when the guest does.
    let events = host.execution == .emulated ? 2...2 : ends
    expectation.tracepoints[.apic] = batches(of: batch, events, fixed: 1...1)
    // None where the interrupt comes before the guest halts.
    expectation.expectLight(.hlt, batches(of: batch, 0...1), on: host)

    let ports = ExpectedCount(perIteration: 0, fixed: 1 + setup.ports)
    expectation.roundTrips[.io] = ports
    expectation.expectHeavy(.io, ports, on: host)
    expectation.tracepoints[.pio] = ports
    let accesses = ExpectedCount(perIteration: 0, fixed: setup.reads + setup.writes)
    expectation.roundTrips[.mmio] = accesses
    expectation.expectHeavy(.mmio, accesses, on: host)
    // A read counts twice.
    expectation.tracepoints[.mmio] = ExpectedCount(perIteration: 0, fixed: 2 * setup.reads + setup.writes)
    return expectation
  }
}
