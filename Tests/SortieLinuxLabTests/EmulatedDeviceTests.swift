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

  /// Heavy exits at the sites that `matches` takes.
  private func heavy(_ matches: (SiteCost) -> Bool) throws -> UInt64 {
    try analyze(TraceFileSource(trace().file)).sites
      .filter { $0.exitClass == .heavy && $0.tier == .vmm && matches($0) }
      .reduce(0) { $0 + $1.count }
  }

  @Test func allDataComeWhereTheyBelong() throws {
    let outcome = try LinuxLab.boot.outcome(Self.name)
    #expect(outcome.status == 0, "\(outcome.errors.suffix(2000))")
    let console = try LinuxLab.boot.contents(of: Self.name + ".files/console")
    for said in [
      "plan on /dev/sda", "plan on /dev/sdb", "stream of \(LinuxLab.operations << 10) bytes", "end",
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
    #expect(try trace.growth("exits") == UInt64(vcpu.exits.count))
    let totals = try analyze(TraceFileSource(trace.file)).totals
    #expect(totals.unknown == 0 && totals.inversions == 0 && totals.lost == 0)
  }

  /// `ata_piix` moves 32 bits at a time: 128 port writes a sector. Nobody else writes data to a disk here.
  @Test func eachSectorWrittenByPIOTakes128PortExits() throws {
    #expect(try heavy { $0.site.hasPrefix("pio write 0x1f0/") } == writes * Self.bytes / 4)
  }

  /// A sector read by PIO takes one or two round trips, for KVM reads ahead; the kernel itself reads the disk besides, to
  /// look for partitions.
  @Test func aSectorReadByPIOTakesOneRoundTripOrTwo() throws {
    let sectors = (LinuxLab.operations - writes) * Self.bytes / 512
    let trips = try heavy { $0.site.hasPrefix("pio read 0x1f0/") }
    #expect((sectors...2 * sectors + 64).contains(trips), "\(trips)")
  }

  /// A command by DMA gives the bus master its table, one by PIO does not; the kernel itself reads the disk besides.
  @Test func anOperationByDMAGivesTheBusMasterItsTable() throws {
    let tables = try heavy {
      $0.device == "ide0-bus-master" && $0.site.hasPrefix("pio write") && $0.site.hasSuffix("/4")
    }
    #expect((LinuxLab.operations...LinuxLab.operations + 8).contains(tables), "\(tables)")
  }

  /// A frame is at most 1,514 bytes: one each for a ping's request and its answer, and the stream's.
  @Test func eachFrameSentByTheE1000RingsItsDoorbell() throws {
    let doorbells = try heavy { $0.device == "e1000-0" && $0.site.hasSuffix("3818/4") }
    #expect(doorbells >= LinuxLab.operations + (LinuxLab.operations << 10) / 1514)
  }
}
