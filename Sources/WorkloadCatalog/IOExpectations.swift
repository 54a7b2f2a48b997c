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
    // The masks of the two PICs, which are KVM's, or nobody's.
    let masks: Int64 = 2
    let own = 1 + setup + (host.irqchip == .split ? masks : 0)
    let heavy = ExpectedCount(perIteration: ports, fixed: own...own)
    expectation.roundTrips[.io] = heavy
    expectation.expectHeavy(.io, heavy, on: host)
    expectation.expectLight(
      .io, ExpectedCount(perIteration: strings, fixed: host.irqchip == .split ? 0 : masks), on: host)
    let all = 1 + setup + masks
    expectation.tracepoints[.pio] = ExpectedCount(perIteration: ports, fixed: all...all)
    expectation.expectIOAPIC(.ioapicEntry, on: host)
    return expectation
  }

  /// How often a driver waits for an interrupt in a batch of `size` operations, `percent` of which the guest sends: for the
  /// answers; for frames that are gone; or, where it sends none, for those that have not come yet, which may interrupt
  /// once each.
  private static func waits(batch size: UInt64, percent: UInt64, answers: ClosedRange<Int64>) -> ClosedRange<
    Int64
  > {
    switch percent {
    case 0: 0...Int64(clamping: size)
    case ..<100: answers
    default: 1...1
    }
  }

  /// In the set-up six doublewords of configuration space, two ports each, and fifteen registers of the card. The first batch
  /// finds room for what comes, those behind it make room.
  static func e1000(_ values: [UInt64], on host: HostKind) -> Expectation {
    let (percent, batch, masks) = (values[2], values[3], values[4] == 1)
    var expectation = Expectation(on: host)
    // Answers that come while the first is looked at interrupt again, or are found with it.
    var waits = waits(batch: batch, percent: percent, answers: 1...Int64(clamping: batch) + 1)
    // A KVM that emulates guest code ends an interrupt as it delivers it: one whose pin is still up may come again.
    if host.execution == .emulated { waits = waits.lowerBound...2 * waits.upperBound }
    expectation.expectInterruptedWaits(waits, batch: batch, isLevelTriggered: true, on: host)
    let ports = ExpectedCount(perIteration: 0, fixed: 1 + 12)
    expectation.roundTrips[.io] = ports
    expectation.expectHeavy(.io, ports, on: host)
    expectation.tracepoints[.pio] = ports
    let tails: Int64 = (percent > 0 ? 1 : 0) + (percent < 100 ? 1 : 0)
    let setup: Int64 = percent < 100 ? 14 : 15
    let registers = ExpectedCount(
      perBatchOf: batch, (tails + waits.lowerBound)...(tails + waits.upperBound), fixed: setup...setup)
    expectation.roundTrips[.mmio] = registers
    expectation.expectHeavy(.mmio, registers, on: host)
    // A read counts twice.
    expectation.tracepoints[.mmio] = ExpectedCount(
      perBatchOf: batch, (tails + 2 * waits.lowerBound)...(tails + 2 * waits.upperBound), fixed: setup...setup
    )
    var ioapic = ExpectedCount.ioapicEntry
    if masks { ioapic.add(ExpectedCount(perBatchOf: batch, 4 * waits.lowerBound...4 * waits.upperBound)) }
    expectation.expectIOAPIC(ioapic, on: host)
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

  /// What the driver of a virtio network card causes beside its kicks.
  static func virtioNet(_ values: [UInt64], on host: HostKind) -> Expectation {
    let waits = waits(batch: values[3], percent: values[2], answers: 1...1)
    return virtio(batch: values[3], setup: setup(queues: 2), waits: waits, on: host)
  }

  /// What a virtio driver causes beside its kicks: for each batch `waits` times an HLT, and the EOI of the interrupt that ends
  /// it.
  static func virtio(
    batch: UInt64, setup: VirtioSetup, waits: ClosedRange<Int64> = 1...1, on host: HostKind
  ) -> Expectation {
    var expectation = Expectation(on: host)
    expectation.expectInterruptedWaits(waits, batch: batch, on: host)
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
  /// Of the I/O APIC: a pin's entry, by index and window.
  static let ioapicEntry = ExpectedCount(perIteration: 0, fixed: 2)

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
  /// interrupt that ends it. Of a level-triggered one the I/O APIC must hear, where that is user space's by a return to it.
  fileprivate mutating func expectInterruptedWaits(
    _ count: ClosedRange<Int64>, batch: UInt64, isLevelTriggered: Bool = false, on host: HostKind
  ) {
    expectX2APIC(writes: 0...0, on: host)
    let most = count.upperBound
    let ends = ExpectedCount(perBatchOf: batch, (host.virtualAPIC ? 0 : count.lowerBound)...most)
    if isLevelTriggered, host.irqchip == .split {
      roundTrips[.ioapicEOI] = ExpectedCount(perBatchOf: batch, count)
      expectHeavy(.writeMSR, ends, on: host)
    } else {
      lightExits[.writeMSR]?.add(ends)
    }
    tracepoints[.msr]?.add(ends)
    // A KVM that emulates guest code has ended the interrupt by itself when the guest does.
    let events = host.execution == .emulated ? (2 * count.lowerBound)...(2 * most) : ends.occurrences
    tracepoints[.apic] = ExpectedCount(perBatchOf: batch, events, fixed: 1...1)
    // None where the interrupt comes before the guest halts.
    expectLight(.hlt, ExpectedCount(perBatchOf: batch, 0...most), on: host)
  }

  /// Writes to registers of the I/O APIC. VMX: of those that KVM handles the first is an EPT violation.
  mutating func expectIOAPIC(_ writes: ExpectedCount, on host: HostKind) {
    let none = ExpectedCount(perIteration: 0)
    tracepoints[.mmio, default: none].add(writes)
    switch host.irqchip {
    case .kernel:
      var light = writes
      if host.execution == .vmx { light.fixed = light.fixed.lowerBound - 1...light.fixed.upperBound }
      expectLight(.mmio, light, on: host)
    case .split:
      roundTrips[.mmio, default: none].add(writes)
      if host.hasHardwareExits { heavyExits[.mmio, default: none].add(writes) }
    }
  }
}
