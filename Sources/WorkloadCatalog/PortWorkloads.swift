extension Workload {
  /// Operations on ports.
  static let portWorkloads: [Workload] = [
    Workload(
      name: "pio-write",
      summary: "a port write that user space handles",
      details: """
        OUT of 4 bytes to port 0xe0. KVM finds no device of its own there and returns KVM_EXIT_IO: one heavy exit \
        and one round trip an iteration. The reference for every other port workload.
        """,
      defaultIterations: 10_000,
      parameters: [Parameter(index: 0, meaning: "value written", defaultValue: 0x5a5a_5a5a)],
      requirements: [.latchPorts],
      expect: { host, _ in heavyPort(1, on: host) }),
    Workload(
      name: "pio-read",
      summary: "a port read that user space answers",
      details: """
        IN of 4 bytes from port 0xe0: as pio-write, but KVM must carry the answer into EAX when the vCPU is run \
        again. One heavy exit and one round trip an iteration.
        """,
      defaultIterations: 10_000,
      requirements: [.latchPorts],
      expect: { host, _ in heavyPort(1, on: host) }),
    Workload(
      name: "pio-string",
      summary: "a string write to a port: a round trip for every byte",
      details: """
        REP OUTSB of 16 bytes to port 0xe4. KVM's emulator hands over one element at a time, so one instruction \
        makes as many heavy exits and round trips as it has bytes, and a light exit to find the count at 0. With parameter 1 = 1, REP INSB: KVM reads ahead \
        as far as the page reaches, so one round trip brings all bytes.
        """,
      defaultIterations: 1_000,
      parameters: [
        Parameter(index: 0, meaning: "bytes per instruction, at most 4096", defaultValue: 16),
        Parameter(index: 1, meaning: "1: read (INS), otherwise write (OUTS)", defaultValue: 0),
      ],
      requirements: [.stringPorts],
      expect: { host, values in stringPort(values, on: host) }),
    Workload(
      name: "pio-uart",
      summary: "a character to the emulated 16550 UART",
      details: """
        OUT of one byte to port 0x3f8, the transmitter, without polling the line status first. One heavy exit and \
        one round trip an iteration; the difference to pio-write is the device model.
        """,
      defaultIterations: 10_000,
      parameters: [Parameter(index: 0, meaning: "character sent", defaultValue: 0x2e)],
      requirements: [.uart],
      expect: { host, _ in heavyPort(1, on: host) }),
    Workload(
      name: "pio-pit",
      summary: "a port write that the in-kernel PIT handles",
      details: """
        OUT of one byte to port 0x43, "latch counter 0" of the 8254 that KVM emulates itself. One light exit an \
        iteration and no round trip: what a port costs when the device sits in the kernel.
        """,
      defaultIterations: 10_000,
      requirements: [.pit],
      expect: { host, _ in lightPort(on: host) }),
    Workload(
      name: "pio-coalesced",
      summary: "port writes that KVM batches in a ring",
      details: """
        OUT of 4 bytes to port 0xe8, a coalesced zone: KVM appends the write to a ring shared with user space and \
        re-enters the guest. Light, but for the write that finds the ring full: it goes to user space, and the ring \
        with it. The ring takes 169 writes; kernels before 6.12 misjudge it as full at half of that.
        """,
      defaultIterations: 10_000,
      parameters: [Parameter(index: 0, meaning: "value written", defaultValue: 0x5a5a_5a5a)],
      requirements: [.coalescedPIO],
      expect: { host, _ in coalescedPort(on: host) }),
    Workload(
      name: "pio-ioeventfd",
      summary: "a port write that KVM turns into an eventfd signal",
      details: """
        OUT of 4 bytes to port 0xec, which has an ioeventfd: KVM signals the eventfd and re-enters the guest. One \
        light exit an iteration and no round trip; the way of virtio's notifications.
        """,
      defaultIterations: 10_000,
      requirements: [.ioeventfdPIO],
      expect: { host, _ in lightPort(on: host) }),
  ]

  /// `count` round trips an iteration, each an exit of its own, and the debug exit.
  private static func heavyPort(_ count: Int64, on host: HostKind) -> Expectation {
    var expectation = Expectation(on: host)
    let each = ExpectedCount(perIteration: count, fixed: 1)
    expectation.roundTrips[.io] = each
    expectation.expectHeavy(.io, each, on: host)
    expectation.tracepoints[.pio] = each
    return expectation
  }

  /// OUTS: KVM re-enters the guest after every element, the instruction pointer unmoved. INS: KVM reads ahead up to
  /// the end of the page and 1024 bytes. Either instruction exits once more with a count of 0, which the emulator
  /// completes without user space (`x86_emulate_insn`).
  private static func stringPort(_ values: [UInt64], on host: HostKind) -> Expectation {
    let bytes = Int64(min(values[0], 4096))
    var expectation = heavyPort(values[1] == 1 ? (bytes + 1023) / 1024 : bytes, on: host)
    expectation.expectLight(.io, ExpectedCount(perIteration: 1), on: host)
    return expectation
  }

  private static func lightPort(on host: HostKind) -> Expectation {
    var expectation = Expectation(on: host)
    expectation.expectLight(.io, ExpectedCount(perIteration: 1), on: host)
    expectation.tracepoints[.pio] = ExpectedCount(perIteration: 1, fixed: 1)
    return expectation
  }

  /// The ring holds `(4096 - 8) / 24` = 170 entries, one of which stays free, so that the 170th write goes to user
  /// space. Before 6.12 `coalesced_mmio_has_room` computed the free entries modulo 170 of a 32-bit difference,
  /// which gives 0 too early when the oldest entry is in the first half (2^32 modulo 170 is 86).
  private static func coalescedPort(on host: HostKind) -> Expectation {
    let isExact = host.kernel.map { $0 >= HostKind.KernelVersion(6, 12) } ?? false
    let group: ClosedRange<Int64> = isExact ? 170...170 : 86...170
    var expectation = Expectation(on: host)
    let heavy = ExpectedCount(oncePer: group, fixed: 1)
    expectation.roundTrips[.io] = heavy
    expectation.expectHeavy(.io, heavy, on: host)
    expectation.expectLight(.io, ExpectedCount(perIteration: 0...1), on: host)
    expectation.tracepoints[.pio] = ExpectedCount(perIteration: 1, fixed: 1)
    return expectation
  }
}
