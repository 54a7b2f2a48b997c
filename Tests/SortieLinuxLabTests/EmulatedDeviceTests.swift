import GuestABI
import LabBoot
import SortieAnalysis
import SortieTrace
import Testing

/// Debian's own drivers on the emulated devices: `ata_piix` by DMA and by PIO, and `e1000`.
@Suite(.serialized, .needsLinuxLab)
struct EmulatedDeviceTests {
  private static let name = "emulated"

  /// Bytes of an operation of the plan, and what its data are made of (`devices-step`).
  private static let bytes: UInt64 = 4096
  private static let seed: UInt64 = 7

  private func trace() throws -> LabTrace { try LabTrace(LinuxLab.boot.file("trace.sortie", of: Self.name)) }

  /// Writes among the operations of the plan.
  private var writes: UInt64 {
    let plan = sortie_io_plan(
      seed: Self.seed, operations: LinuxLab.operations, bytes: UInt32(Self.bytes), depth: 1,
      write_percent: 50,
      is_sequential: 0)
    return (0..<LinuxLab.operations).reduce(0) { $0 + UInt64(sortie_io_is_write(plan, $1)) }
  }

  /// A read or a write of the guest's that came to the machine monitor.
  private struct Access: Hashable, CustomStringConvertible {
    var isWrite: Bool
    var address: UInt64

    static func read(_ address: UInt64) -> Access { Access(isWrite: false, address: address) }
    static func write(_ address: UInt64) -> Access { Access(isWrite: true, address: address) }

    var description: String { (isWrite ? "write 0x" : "read 0x") + String(address, radix: 16) }
  }

  /// What the guest does between two marks, in this order.
  private enum Round: Int, CaseIterable { case planByDMA, planByPIO, pings, stream }

  /// Accesses of a round. The guest leaves a mark before and after it: a write to a port that no device has (`guest-init`).
  private func accesses(of round: Round) throws -> [Access: UInt64] {
    let mark = Access.write(0xe9)
    let all = try trace().vcpus[0].records
      .filter { $0.flags.isDisjoint(with: [.kick, .firstEntry, .coalesced]) }
      .map {
        // The bus master's 16 ports, wherever among those that PCI gives away, as if at 0xc000.
        let isGiven = (0xc000..<0x10000).contains($0.address)
        return Access(
          isWrite: $0.flags.contains(.write), address: isGiven ? 0xc000 | $0.address & 0xf : $0.address)
      }
    let marks = all.indices.filter { all[$0] == mark }
    try #require(marks.count == 2 * Round.allCases.count)
    let within = all[(marks[2 * round.rawValue] + 1)..<marks[2 * round.rawValue + 1]]
    return within.reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }

  /// What `libata` does to the registers of the first channel for so many commands that have an address, of which so many
  /// move data by DMA, and for one that flushes the drive's cache.
  private func registers(addressed: UInt64, byDMA: UInt64) -> [Access: UInt64] {
    let commands = addressed + 1
    let status = Access.read(0x1f7)
    let alternate = Access.read(0x3f6)
    var counts: [Access: UInt64] = [
      // Idle before and after the drive is selected and when the registers are written, and after the interrupt.
      status: 4 * commands,
      // After the drive is selected, after the command, and after the interrupt.
      alternate: 3 * commands,
      .write(0x1f6): 2 * commands, .write(0x1f7): commands,
      // The interrupt taken back in the bus master.
      .read(0xc002): commands, .write(0xc002): commands,
    ]
    for register in UInt64(0x1f1)...0x1f5 { counts[.write(register)] = addressed }
    if byDMA > 0 {
      counts[.write(0xc004)] = byDMA
      // The direction, the start, the stop.
      counts[.read(0xc000)] = 3 * byDMA
      counts[.write(0xc000)] = 3 * byDMA
      counts[.read(0xc002), default: 0] += byDMA
      counts[alternate, default: 0] += byDMA
    } else {
      // By PIO the status before a write's first block or after a read's last, and the alternate status after the data.
      counts[status, default: 0] += addressed
      counts[alternate, default: 0] += addressed
    }
    return counts
  }

  @Test func allDataComeWhereTheyBelong() throws {
    let outcome = try LinuxLab.boot.outcome(Self.name)
    #expect(outcome.status == 0, "\(outcome.errors.suffix(2000))")
    let console = try LinuxLab.boot.contents(of: Self.name + ".files/console")
    for said in [
      "plan on /dev/sda", "plan on /dev/sdb", "stream of \(LinuxLab.operations << 12) bytes", "end",
    ] {
      #expect(console.contains("guest: " + said), "\(console.suffix(2000))")
    }
    #expect(try LinuxLab.boot.contents(of: Self.name + ".files/checked") == "OK\n")
  }

  @Test func exitsAreThoseThatPerfSaw() throws {
    let trace = try trace()
    let reasons = try PerfReasons.numbers(trace.file)
    let perf = try PerfReasons.samples(recordedBy: LinuxLab.boot.file("perf.data", of: Self.name))
    let vcpu = trace.vcpus[0]
    let thread = try #require(vcpu.thread)
    let seen = try PerfReasons.exits(#require(perf[thread]), reasons)
    #expect(vcpu.exitsByReason == seen)
    // Of other threads: that of the small machine by which `record` sees whether this KVM emulates guest code.
    let probe = perf.filter { $0.key != thread }.values.reduce(into: [:]) {
      $0.merge($1, uniquingKeysWith: +)
    }
    #expect(probe["io"] == 5)
    #expect((1...8).contains(probe["npf", default: 0]), "\(probe)")
    #expect(Set(probe.keys).isSubset(of: ["io", "npf", "interrupt"]), "\(probe)")
    #expect(try trace.growth("exits") == UInt64(vcpu.exits.count))
    let totals = try analyze(TraceFileSource(trace.file)).totals
    #expect(totals.unknown == 0 && totals.inversions == 0 && totals.lost == 0)
  }

  @Test func aCommandByDMAAccessesTheRegistersThatLinuxNeeds() throws {
    let operations = LinuxLab.operations
    let accesses = try accesses(of: .planByDMA)
    #expect(accesses == registers(addressed: operations, byDMA: operations))
    #expect(accesses.values.reduce(0, +) == 26 * operations + 12)
  }

  @Test func aCommandByPIOAccessesTheRegistersThatLinuxNeeds() throws {
    var accesses = try accesses(of: .planByPIO)
    accesses[.read(0x1f0)] = nil
    accesses[.write(0x1f0)] = nil
    #expect(accesses == registers(addressed: LinuxLab.operations, byDMA: 0))
    #expect(accesses.values.reduce(0, +) == 19 * LinuxLab.operations + 12)
  }

  /// `ata_piix` moves 32 bits at a time: 128 port writes a sector.
  @Test func eachSectorWrittenByPIOTakes128PortExits() throws {
    #expect(try accesses(of: .planByPIO)[.write(0x1f0)] == writes * Self.bytes / 4)
  }

  /// A sector read by PIO takes one or two round trips, for KVM reads ahead.
  @Test func aSectorReadByPIOTakesOneRoundTripOrTwo() throws {
    let sectors = (LinuxLab.operations - writes) * Self.bytes / 512
    let trips = try accesses(of: .planByPIO)[.read(0x1f0), default: 0]
    #expect((sectors...2 * sectors).contains(trips), "\(trips)")
  }

  /// A ping is sent when the one before has been answered, so no two of them share a ring.
  @Test func eachPingRingsTheDoorbell() throws {
    let doorbells = try accesses(of: .pings).filter { $0.key.isWrite && $0.key.address & 0x1ffff == 0x3818 }
    let rings = doorbells.values.reduce(0, +)
    #expect((LinuxLab.operations...LinuxLab.operations + 8).contains(rings), "\(rings)")
  }

  /// For each cause that Linux reads it masks the card's interrupts and unmasks them, and reads the status after both writes.
  @Test func eachInterruptOfTheE1000TakesFiveAccesses() throws {
    let accesses = try accesses(of: .stream)
    func count(_ isWrite: Bool, _ register: UInt64) -> UInt64 {
      let chosen = accesses.filter { $0.key.isWrite == isWrite && $0.key.address & 0x1ffff == register }
      return chosen.values.reduce(0, +)
    }
    let causes = count(false, 0xc0)
    #expect(causes > 0)
    #expect(count(true, 0xd8) == causes)
    #expect(count(true, 0xd0) == causes)
    #expect(count(false, 0x08) == 2 * causes)
  }
}
