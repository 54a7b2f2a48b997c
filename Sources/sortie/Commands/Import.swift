import ArgumentParser
import SortieProbes
import SystemPackage

/// `sortie import`.
struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make a trace of what perf or trace-cmd recorded of KVM.",
    discussion: """
      FILE is a perf.data with KVM's tracepoints, plain, compressed (-z) or of a pipe (-o -), or a trace.dat of version 6 \
      or 7, plain or compressed with zstd or zlib. The trace goes to `sortie report`, `dump` and `info` like any other; \
      its exits by reason are those of `perf kvm stat report`, which leaves out what the report calls unpaired: the last \
      exit of each vCPU, and exits beside a loss.

      WHAT TO RECORD
        perf record -a -e 'kvm:*' -e 'raw_syscalls:*' -e sched:sched_switch -e sched:sched_wakeup -- sleep 10
        trace-cmd record -e kvm -e raw_syscalls -e sched_switch -e sched_wakeup sleep 10
        perf kvm stat record -a sleep 10
      The kernel's events make exits by reason and their durations. What else the report can say depends on what was \
      recorded: with kvm_userspace_exit, which exits were light and which heavy; with raw_syscalls too, how long round \
      trips were in the machine monitor and what it called; with sched_switch, the time off the CPU. What was not recorded \
      is unknown in the report, and it says so.

      CLOCKS
        perf's times, and trace-cmd's but for -C x86-tsc, are nanoseconds: so are then all figures of the report, and it \
      says of which clock. Nothing is converted into cycles.

      THREADS
        A thread that enters or leaves a guest runs a vCPU, by the number that KVM gives it; the vCPUs of a process are one \
      VM. A trace.dat does not say of which process a thread is: all vCPUs stand under one VM there.

      A file that is cut off is read as far as it goes, and what is missing is said; where its end holds what the rest needs \
      (perf.data: the descriptions of the events), it is refused.

      EXIT STATUS: 0 when there is a trace, 1 when the file is none that can be read; else see `sortie --help`.
      """)

  @Argument(help: ArgumentHelp("A perf.data or trace.dat.", valueName: "file"))
  var file: String

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "The trace; the file's name with .sortie by default. An older trace of that name is replaced.",
      valueName: "file"))
  var output: String?

  func run() throws {
    let path = FilePath(output ?? "\(FilePath(file).lastComponent?.stem ?? "import").sortie")
    try OutputFile.check(path)
    do throws(ImportError) {
      let recording = try ImportedTrace(path: FilePath(file))
      Terminal.note(
        "\(file): \(recording.kind), \(recording.vmCount) VM\(recording.vmCount == 1 ? "" : "s"),"
          + " \(recording.vcpuCount) vCPU\(recording.vcpuCount == 1 ? "" : "s")")
      for gap in recording.gaps { Terminal.note("\(file): \(gap)") }
      let summary = try recording.write(to: path)
      for note in summary.notes { Terminal.note("\(file): \(note)") }
      Terminal.note("\(path): \(summary.events) events, \(summary.bytes) bytes")
    } catch {
      switch error {
      // These name the file themselves, which may be the trace's.
      case .open, .read, .trace: throw Failure(error)
      default: throw Failure("\(file): \(error)")
      }
    }
    Terminal.suggest(path)
  }
}
