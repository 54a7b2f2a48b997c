import CLinuxKVM
import Foundation
import Glibc
import SortieKVM
import SortieTrace
import SystemPackage
import Testing

@testable import SortieProbes

enum KernelEvents {
  /// Why kernel events cannot be recorded here; nil if they can.
  static let obstacle: String? = {
    do {
      _ = try KVMSystem()
      _ = try KernelProbes(KernelProbes.Configuration(cpus: 1), firstStream: StreamID(rawValue: 1))
      return nil
    } catch {
      return "\(error)"
    }
  }()
}

/// Kernel events of this process's own threads: a `KVM_RUN` that comes back at once makes three.
@Suite(
  .serialized,
  .enabled(if: KernelEvents.obstacle == nil, "needs /dev/kvm and tracefs: \(KernelEvents.obstacle ?? "")"))
struct KernelProbesLiveTests {
  /// A vCPU that never enters its guest.
  private struct IdleVCPU: ~Copyable {
    let vm: VirtualMachine
    let vcpu: VCPU

    init() throws {
      let vm = try KVMSystem().makeVM()
      vcpu = try vm.makeVCPU(id: 0)
      self.vm = vm
      vcpu.setImmediateExit(true)
    }

    func run(_ times: Int) { for _ in 0..<times { _ = vcpu.run() } }
  }

  /// A trace of `body`, run between start and stop on this thread.
  private func record(
    _ probes: KernelProbes, _ body: () -> Void
  ) throws -> (trace: TraceFile, rows: [(stream: StreamID, set: ColumnSet)]) {
    let path = FilePath(FileManager.default.temporaryDirectory.path() + "/sortie-probes-\(UUID().uuidString)")
    defer { unlink(path.string) }
    var writer = try TraceFileWriter(path: path, identity: TraceIdentity(tscKHz: nil, tscIsInvariant: nil))
    try writer.append(rows: probes.formats)
    try probes.start([TracedThread(id: UInt32(sortie_thread_id()), vm: 0, vcpu: 0)])
    body()
    probes.stop()
    try probes.source.drain(into: &writer)
    try writer.finish()
    let trace = try TraceFile(path: path)
    let rows = try trace.blocks.compactMap { block in
      try block.stream.map { ($0, try trace.decode(block)) }
    }
    return (trace, rows)
  }

  private func count(_ rows: [(stream: StreamID, set: ColumnSet)], _ format: EventFormatRow) -> Int {
    rows.reduce(0) { sum, block in
      guard case .integers(let events)? = block.set[.kernelEvent]?.values else { return sum }
      return sum + events.count { $0 == format.event }
    }
  }

  @Test func everyRunIsSeenAndNothingElse() throws {
    let idle = try IdleVCPU()
    let probes = try KernelProbes(
      KernelProbes.Configuration(cpus: 1), firstStream: StreamID(rawValue: 10))
    #expect(probes.missing.isEmpty)
    let other = Thread {
      guard let idle = try? IdleVCPU() else { return }
      for _ in 0..<200 { idle.run(10) }
    }
    let before = sortie_rdtsc()
    let (trace, rows) = try record(probes) {
      other.start()
      idle.run(1000)
      while !other.isFinished { usleep(1000) }
    }
    let after = sortie_rdtsc()
    let exit = try #require(probes.formats.first { $0.name == "kvm/kvm_userspace_exit" })
    #expect(count(rows, exit) == 1000, "the other thread is not to be seen")
    #expect(trace.losses.isEmpty)
    #expect(probes.source.events == UInt64(rows.reduce(0) { $0 + $1.set.count }))
    let stream = try #require(try trace.rows(StreamRow.self).first { $0.kind == .kernel })
    #expect(stream.stream.rawValue >= 10 && stream.stream.rawValue < 10 + probes.streamCount)
    for block in rows where block.set[.reason] != nil {
      guard case .integers(let stamps)? = block.set[.tsc]?.values else { continue }
      #expect(zip(stamps, stamps.dropFirst()).allSatisfy { $0 <= $1 })
      #expect(stamps.allSatisfy { (before...after).contains($0) })
    }
    // EINTR, as errno(3) has it.
    let block = try #require(rows.first { $0.set[.errno] != nil })
    if case .integers(let errors)? = block.set[.errno]?.values {
      #expect(Set(errors).isSubset(of: [0, UInt64(EINTR)]) && errors.contains(UInt64(EINTR)))
    }
  }

  @Test func aSecondRunStartsAfresh() throws {
    let idle = try IdleVCPU()
    let probes = try KernelProbes(
      KernelProbes.Configuration(cpus: 1), firstStream: StreamID(rawValue: 1))
    let exit = try #require(probes.formats.first { $0.name == "kvm/kvm_userspace_exit" })
    for runs in [10, 300] {
      let (trace, rows) = try record(probes) { idle.run(runs) }
      #expect(count(rows, exit) == runs)
      #expect(trace.losses.isEmpty)
    }
    idle.run(50)
    #expect(count(try record(probes) {}.rows, exit) == 0, "nothing is recorded between two runs")
  }

  @Test func whatAFullBufferOverwritesIsALossWithItsCount() throws {
    let idle = try IdleVCPU()
    let runs = 20_000
    // Where the count finds no room in the sub-buffer behind the gap, it is unknown: another attempt.
    for _ in 0..<5 {
      let probes = try KernelProbes(
        KernelProbes.Configuration(bufferBytes: 64 << 10, cpus: 1), firstStream: StreamID(rawValue: 1))
      #expect(probes.bufferBytes == 64 << 10)
      let (trace, rows) = try record(probes) { idle.run(runs) }
      let overrun = probes.instance.cpus.reduce(0) {
        $0 + (probes.instance.statistic("overrun", cpu: $1) ?? 0)
      }
      let read = probes.instance.cpus.reduce(0) {
        $0 + (probes.instance.statistic("read events", cpu: $1) ?? 0)
      }
      #expect(overrun > 0)
      #expect(UInt64(rows.reduce(0) { $0 + $1.set.count }) == read)
      #expect(!trace.losses.isEmpty)
      #expect(trace.losses.allSatisfy { $0.cause == .kernelOverrun && $0.firstTSC < $0.lastTSC })
      #expect(probes.source.dropped > 0)
      for loss in trace.losses {
        for block in rows where block.stream == loss.stream {
          guard case .integers(let stamps)? = block.set[.tsc]?.values else { continue }
          #expect(!stamps.contains { $0 > loss.firstTSC && $0 < loss.lastTSC })
        }
      }
      guard trace.losses.allSatisfy({ $0.count != nil }) else { continue }
      #expect(trace.losses.reduce(0) { $0 + ($1.count ?? 0) } == overrun)
      #expect(read + overrun >= UInt64(3 * runs))
      return
    }
    Issue.record("the kernel never had room for the count of what was lost")
  }

  @Test func theCostOfAnEventIsMeasured() throws {
    let probes = try KernelProbes(
      KernelProbes.Configuration(cpus: 1), firstStream: StreamID(rawValue: 1))
    // A busy host hides it now and then.
    let system = try KVMSystem()
    let cost = try #require(
      probes.measureCost(system) ?? probes.measureCost(system) ?? probes.measureCost(system))
    #expect((1..<1_000_000).contains(cost.cycles))
    #expect(cost.method.contains("over its 3 events"), "\(cost.method)")
    let idle = try IdleVCPU()
    let exit = try #require(probes.formats.first { $0.name == "kvm/kvm_userspace_exit" })
    #expect(count(try record(probes) { idle.run(7) }.rows, exit) == 7, "what it recorded is gone")
  }

  @Test func anInstanceGoesWithItsOwnerAndOthersStay() throws {
    let tracefs = try Tracefs()
    func instances() throws -> Set<String> { Set(try tracefs.root.names(in: "instances")) }
    let foreign = "instances/sortie-probes-test-\(getpid())"
    var elsewhere = try #require(InstanceName.next())
    elsewhere.startTicks += 1
    var orphan = elsewhere
    elsewhere.namespace += 1
    orphan.number += 1000
    let all = [foreign, "instances/\(elsewhere)", "instances/\(orphan)"]
    for path in all { try tracefs.root.make(path) }
    defer { for path in all { tracefs.root.remove(path) } }
    let before = try instances()
    var probes: KernelProbes? = try KernelProbes(
      KernelProbes.Configuration(cpus: 1), firstStream: StreamID(rawValue: 1))
    #expect(probes?.orphans.contains("\(orphan)") == true)
    let during = try instances()
    let own = during.filter { $0.hasPrefix("sortie-\(getpid())-") }.subtracting(before)
    #expect(own.count == 1)
    #expect(during.isSuperset(of: [String(foreign.dropFirst(10)), "\(elsewhere)"]))
    #expect(!during.contains("\(orphan)"))
    #expect(probes != nil)
    probes = nil
    #expect(try instances().isDisjoint(with: own))
    #expect(try instances().contains(String(foreign.dropFirst(10))))
  }
}
