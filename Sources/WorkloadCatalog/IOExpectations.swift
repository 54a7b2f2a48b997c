/// What the guests with an I/O plan cause.
extension Workload {
  /// A status read for every sixteen characters, a write for each, and three registers in the set-up.
  static func polledUART(bytes: UInt64, on host: HostKind) -> Expectation {
    var expectation = Expectation(on: host)
    let bytes = Int64(clamping: bytes)
    let ports = ExpectedCount(perIteration: bytes + (bytes + 15) / 16, fixed: 4)
    expectation.roundTrips[.io] = ports
    expectation.expectHeavy(.io, ports, on: host)
    expectation.tracepoints[.pio] = ports
    return expectation
  }

  /// Six registers for a command. Of each sector read: the status after its interrupt, and REP INSW, which KVM reads ahead.
  /// Of each written: every word of REP OUTSW, and the status; before the first a look whether the device takes data.
  /// Either instruction exits once more with a count of 0, which the emulator completes without user space.
  static func programmedIDE(_ values: [UInt64], on host: HostKind) -> Expectation {
    let sectors = Int64(clamping: values[0] / 512)
    let (read, write) = (6 + 2 * sectors, 7 + 257 * sectors)
    let each = values[2] == 0 ? read...read : values[2] >= 100 ? write...write : read...write
    return ide(ports: each, strings: sectors, interrupts: sectors, setup: 3, on: host)
  }

  /// Accesses to `ports` of an operation, its string instructions, its interrupts with an HLT and an EOI each, and accesses
  /// of the set-up: three of the channel, and for its bus master two for each of five doublewords of configuration space.
  static func ide(
    ports: ClosedRange<Int64>, strings: Int64 = 0, interrupts: Int64, setup: Int64, on host: HostKind
  ) -> Expectation {
    var expectation = Expectation(on: host)
    expectation.expectInterruptedWaits(interrupts...interrupts, batch: 1, on: host)
    let heavy = ExpectedCount(perIteration: ports, fixed: (1 + setup)...(1 + setup))
    expectation.roundTrips[.io] = heavy
    expectation.expectHeavy(.io, heavy, on: host)
    // Besides: the masks of the two PICs, which are KVM's.
    expectation.expectLight(.io, ExpectedCount(perIteration: strings, fixed: 2), on: host)
    expectation.tracepoints[.pio] = ExpectedCount(perIteration: ports, fixed: (3 + setup)...(3 + setup))
    expectation.expectIOAPICEntry(on: host)
    return expectation
  }

  /// In the set-up six doublewords of configuration space, two ports each, and fifteen registers of the card. The first batch
  /// finds room for its answers, those behind it make room.
  static func e1000(batch: UInt64, isAnswered: Bool, on host: HostKind) -> Expectation {
    var expectation = Expectation(on: host)
    // Answers that come while the first is looked at interrupt again, or are found with it.
    let waits: ClosedRange<Int64> = 1...(isAnswered ? Int64(clamping: batch) + 1 : 1)
    expectation.expectInterruptedWaits(waits, batch: batch, on: host)
    let ports = ExpectedCount(perIteration: 0, fixed: 1 + 12)
    expectation.roundTrips[.io] = ports
    expectation.expectHeavy(.io, ports, on: host)
    expectation.tracepoints[.pio] = ports
    let tails: Int64 = isAnswered ? 2 : 1
    let setup: Int64 = isAnswered ? 14 : 15
    let registers = ExpectedCount(
      perBatchOf: batch, (tails + waits.lowerBound)...(tails + waits.upperBound), fixed: setup...setup)
    expectation.roundTrips[.mmio] = registers
    expectation.expectHeavy(.mmio, registers, on: host)
    expectation.expectIOAPICEntry(on: host)
    // A read counts twice.
    expectation.tracepoints[.mmio]?.add(
      ExpectedCount(
        perBatchOf: batch, (tails + 2 * waits.lowerBound)...(tails + 2 * waits.upperBound),
        fixed: setup...setup))
    return expectation
  }

  /// How often a virtio driver's set-up reads and writes.
  struct VirtioSetup {
    /// Ports of PCI's configuration mechanism 1.
    var ports: Int64
    var reads: Int64
    var writes: Int64
  }

  /// Finding, negotiating and starting a device with `queues` queues. Ports: two for each doubleword of configuration space,
  /// of which 19 are read, with those of the capabilities, and 2 written, to enable it and MSI-X. Memory: a vector of MSI-X
  /// (4 writes), status and features (6 writes, 2 reads), and a queue (7 writes, 2 reads).
  static func setup(queues: Int64) -> VirtioSetup {
    VirtioSetup(ports: 2 * (19 + 2), reads: 2 + 2 * queues, writes: 10 + 7 * queues)
  }

  /// What a virtio driver causes beside its kicks: for each batch an HLT, and the EOI of the interrupt that ends it.
  static func virtio(batch: UInt64, setup: VirtioSetup, on host: HostKind) -> Expectation {
    var expectation = Expectation(on: host)
    expectation.expectInterruptedWaits(1...1, batch: batch, on: host)
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

extension ExpectedCount {
  /// `occurrences` for each batch of `size` operations, and `fixed` besides.
  init(
    perBatchOf size: UInt64, _ occurrences: ClosedRange<Int64>, fixed: ClosedRange<Int64> = 0...0
  ) {
    self.init(perIteration: occurrences, fixed: fixed)
    let size = max(1, Int64(clamping: size))
    group = size...size
  }
}

extension Expectation {
  /// What a driver in x2APIC mode causes that waits `count` times in each batch of operations: an HLT, and the EOI of the
  /// interrupt that ends it.
  fileprivate mutating func expectInterruptedWaits(
    _ count: ClosedRange<Int64>, batch: UInt64, on host: HostKind
  ) {
    expectX2APIC(writes: 0...0, on: host)
    let most = count.upperBound
    let ends = ExpectedCount(perBatchOf: batch, (host.virtualAPIC ? 0 : count.lowerBound)...most)
    lightExits[.writeMSR]?.add(ends)
    tracepoints[.msr]?.add(ends)
    // A KVM that emulates guest code has ended the interrupt by itself when the guest does.
    let events = host.execution == .emulated ? (2 * count.lowerBound)...(2 * most) : ends.occurrences
    tracepoints[.apic] = ExpectedCount(perBatchOf: batch, events, fixed: 1...1)
    // None where the interrupt comes before the guest halts.
    expectLight(.hlt, ExpectedCount(perBatchOf: batch, 0...most), on: host)
  }

  /// A pin's entry in the I/O APIC: index and window, by KVM. VMX: the first access is an EPT violation.
  fileprivate mutating func expectIOAPICEntry(on host: HostKind) {
    expectLight(
      .mmio, ExpectedCount(perIteration: 0...0, fixed: (host.execution == .vmx ? 1 : 2)...2), on: host)
    tracepoints[.mmio] = ExpectedCount(perIteration: 0, fixed: 2)
  }
}
