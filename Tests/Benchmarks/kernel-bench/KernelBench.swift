import CLinuxKVM
import Glibc
import SortieKVM
import SortieProbes
import SortieTrace
import SystemPackage

/// Measures how fast kernel events come into a trace, and prints a line a figure as `Tests/Benchmarks/run` reads it:
///
///     kernel-bench NEW-TRACE EVENTS
///
/// The kernel's buffers are filled with real events first (a `KVM_RUN` that comes back at once makes three), then
/// emptied by the source that `sortie record` uses: read(2), decoding, columns, compression and write(2) together, in
/// processor time of this thread. Needs root and /dev/kvm.
@main struct KernelBench {
  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count == 3, let events = Int(arguments[2]), events > 0 else {
      complain("usage: kernel-bench NEW-TRACE EVENTS")
      exit(2)
    }
    do {
      try measure(into: FilePath(arguments[1]), events: events)
    } catch {
      complain("kernel-bench: \(error)")
      exit(1)
    }
  }

  private static func measure(into path: FilePath, events: Int) throws {
    let cpus = sysconf(Int32(_SC_NPROCESSORS_CONF))
    // 32 bytes hold the largest of the events made here.
    let probes = try KernelProbes(
      KernelProbes.Configuration(bufferBytes: max(4 << 20, events * 32), cpus: cpus),
      firstStream: StreamID(rawValue: 1))
    let system = try KVMSystem()
    let vm = try system.makeVM()
    let vcpu = try vm.makeVCPU(id: 0)
    vcpu.setImmediateExit(true)
    var writer = try TraceFileWriter(path: path, identity: TraceIdentity(tscKHz: nil, tscIsInvariant: nil))

    try probes.start([TracedThread(id: UInt32(sortie_thread_id()), vm: 0, vcpu: 0)])
    for _ in 0..<events / 3 { _ = vcpu.run() }
    probes.stop()
    let start = processorSeconds()
    try probes.source.drain(into: &writer)
    try writer.flush()
    let spent = processorSeconds() - start
    let read = probes.source.events
    let bytes = try writer.finish()
    guard probes.source.dropped == 0 else { throw BenchFailure(dropped: probes.source.dropped) }
    print("kernel events\t\(read)\t")
    print("kernel events into a file, by one core\t\(rounded(Double(read) / spent / 1e6))\tM events/s")
    print("file\t\(rounded(Double(bytes) / Double(read)))\tB/event")
  }

  private struct BenchFailure: Error { let dropped: UInt64 }

  private static func rounded(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    let fraction = hundredths % 100
    return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
  }

  /// Processor time of this thread, seconds.
  private static func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private static func complain(_ text: String) {
    _ = try? FileDescriptor.standardError.writeAll("\(text)\n".utf8)
  }
}
