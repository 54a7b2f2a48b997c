import ArgumentParser
import SortieProbes
import SystemPackage

/// `sortie attach`.
struct Attach: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Record the exits of a VM that already runs, whatever its machine monitor.",
    discussion: """
      PID is a process with a VM of KVM's: QEMU, Firecracker, Cloud Hypervisor, crosvm, kvmtool, sortie itself or any \
      other; --name takes the VM's name (QEMU's -name, which is libvirt's name of a domain; Firecracker's --id; else the \
      program's); --all takes every VM there is and every one that starts while sortie looks. `sortie attach --list` \
      shows them.

      Nothing is asked of the VM, and it is never stopped: the kernel's tracepoints on its vCPU threads tell everything, in \
      a trace instance that is removed again. That needs root. Recording ends after --duration, with Ctrl-C, or with the \
      VM; the trace then goes to `sortie report`, `dump` and `info` like any other.

      WHAT IS RECORDED
        Exits, entries and returns to user space (tracepoints kvm), the scheduler's view of the threads, and the system \
      calls of the threads (raw_syscalls), by which the round trips are told: u0 is where the ioctl KVM_RUN is about to \
      return to the machine monitor, u1 where the next one has just entered the kernel. Both stamps are the kernel's: \
      the processor's own way between kernel and user space lies in stage 4 (the machine monitor), not in stage 2 (the \
      switch), unlike with `sortie record`, whose machine monitor takes these stamps itself. What it calls between u0 and \
      u1 stands in the report by site and call.
        Ports and guest addresses of round trips are always recorded; --detail adds MSRs, CPUID leaves, hypercalls, page \
      faults and interrupts of light exits.

      FILTERS
        --vcpu leaves the other vCPUs out in the kernel: of those recorded all figures hold. --reason, --port, --gpa and \
      --min-duration keep whole operations, each from one entry of the guest to the next (from one return out of user space \
      to the next, where the kernel reports no entries), that meet all of them, and leave the others out before they are \
      written. How many events were left out, of how many operations, stands in the trace between the others; the report \
      says so, and calls unknown what it can no longer tell: whether time closes, whether KVM counted as many exits. \
      Durations are from kvm_exit to kvm_entry; where the kernel reports neither, from leaving for user space to being back. \
      Filters make the trace smaller, not the probes cheaper: the kernel still reports every event.

      FOR HOURS
        --aggregate keeps no event: exits are paired as they come, and only histograms and sums are kept, of each site, \
      reason and vCPU. The file, some 10 KB and up by how many VMs and sites there are, does not grow with time; it is written \
      anew every 10 seconds and is a whole trace at any moment. sortie report shows it as any other, with percentiles, \
      stages, exits by reason, time and losses, but without what single events tell: instructions, the longest stays and \
      their causes, system calls, details, operations of the guest; sortie dump has nothing to print of it. Of VMs that have \
      ended the last 64 are told apart, those before stand together.

      WHAT IT COSTS
        Each event costs the vCPU thread it happens on what the report prints under "Cost of the probes". System call \
      tracepoints, while they are on, also make the kernel take its slower way into and out of every system call of the \
      whole host.

      THREADS
        vCPU threads are told by their names (QEMU's only with debug-threads=on, as libvirt sets it), by the descriptor \
      they wait in KVM_RUN with, or by watching for up to half a second who enters a guest. Those that come later are found \
      within a second; what they did before is not in the trace.

      EXIT STATUS: 0 when recording has ended as it should, by Ctrl-C too; else see `sortie --help`.
      """)

  @OptionGroup var target: TargetOptions

  @Flag(help: "List the VMs of this host that may be looked at: process, vCPUs, name, command line.")
  var list = false

  @Option(
    help: ArgumentHelp(
      "End after so long: 10s, 500ms, 2m or 1h; else at the VM's end or Ctrl-C.", valueName: "time"))
  var duration: TimeSpan?

  @OptionGroup var events: KernelEventOptions

  @Flag(help: "Keep histograms and sums only, no events: for runs of hours.")
  var aggregate = false

  @OptionGroup(title: "Filters while recording") var filters: FilterOptions

  @OptionGroup var size: SizeOption

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "The trace; the VM's name with .sortie by default, all.sortie with --all. An older trace of that name is replaced.",
      valueName: "file"))
  var output: String?

  func validate() throws {
    let count = target.count + (list ? 1 : 0)
    if count != 1 {
      throw ValidationError(
        count == 0
          ? "which VM? Give a PID, --name or --all; --list shows them"
          : "one of PID, --name, --all and --list at a time")
    }
    let ofRecording = [
      ("--aggregate", aggregate), ("--duration", duration != nil), ("--output", output != nil),
      ("--max-size", size.maxSize != nil), ("--detail", events.detail),
      ("--kernel-buffer", events.kernelBuffer != nil),
      ("filters", filters.text != nil || filters.vcpu != nil),
    ]
    if list, let option = ofRecording.first(where: \.1) {
      throw ValidationError("--list records nothing: \(option.0) has no meaning with it")
    }
    if aggregate, filters.text != nil || size.maxSize != nil {
      throw ValidationError(
        "--aggregate keeps no events: \(size.maxSize != nil ? "--max-size" : "filters of operations") would leave none out;"
          + " only --vcpu goes with it")
    }
  }

  func run() throws {
    if list {
      try Output.print(AttachList.text(of: KVMProcess.all()))
      return
    }
    let chosen = target.target
    // First of all, for the threads that are started later inherit that signals are blocked.
    Interruption.begin()
    let processes = try chosen.processes()
    if !chosen.isOpen { try filters.check(processes) }
    let path = FilePath(output ?? "\(target.all ? "all" : Self.fileName(of: processes[0].name)).sortie")
    try OutputFile.check(path)
    if aggregate {
      var aggregator = try Aggregator(
        chosen, path: path, details: events.detail, bufferKiB: events.kernelBuffer,
        wantedVCPUs: filters.vcpu?.vcpus)
      Self.tell(path, try aggregator.record(processes, seconds: duration?.seconds))
      return
    }
    var attacher = try Attacher(
      chosen, path: path, details: events.detail, filters: filters, bufferKiB: events.kernelBuffer,
      mostBytes: size.maxSize?.bytes)
    let summary = try attacher.record(processes, seconds: duration?.seconds)
    Self.tell(path, Record.text(summary))
  }

  private static func tell(_ path: FilePath, _ summary: String) {
    Terminal.note("\(path): \(summary)")
    Terminal.suggest(path)
  }

  /// A VM's name may hold anything.
  private static func fileName(of name: String) -> String {
    let characters = name.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "_" }
    return characters.first == "." ? "_" + String(characters.dropFirst()) : String(characters)
  }
}
