import ArgumentParser
import SortieProbes

/// `sortie top`.
struct Top: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what the exits of running VMs cost, live, whatever their machine monitor.",
    discussion: """
      PID, --name and --all are those of `sortie attach`, and so is what is seen of a VM and what that costs it: nothing is \
      asked of the VM, the kernel's tracepoints on its vCPU threads tell everything, and that needs root. Nothing is \
      recorded: events are paired as they come, and forgotten.

      On a terminal the screen is drawn anew each --interval. Where standard output is none, or with --json, a block of \
      lines, or one JSON object on a line, is written each --interval. Each interval stands for itself: its counts, \
      histograms and percentiles begin anew (no p99 of fewer than 100 exits). An exit counts where it ends.

      KEYS
        q Ctrl-C   quit                     s S    sort by time, rate, p50, p99, name; and back
        space      pause, go on             r      rows are sites, or reasons
        v V        next, previous VM        c      all, light, heavy exits, kicks
        u U        next, previous vCPU      /      only what contains a text; Esc drops it
        a          all VMs                  h ?    the keys
        up down j k, page up and down: scroll

      THE SCREEN
        The head says what the probes cost: cycles of an event (measured at the start), events an exit, their product over \
      the vCPU threads' time; how many events were lost; what `sortie top` itself takes of one CPU.
        Then come the VMs, and the vCPUs of the one that is chosen: exits a second, and where the time of the vCPU threads \
      went: guest, kernel, the way out to user space, machine monitor (VMM), the way in, blocked (halted), off the CPU. \
      VMM % is without what the threads were off the CPU there.
        Then come the sites, dearest first, or the reasons: class, exits a second; time %, of the vCPU threads' time, and \
      p50 and p99, of the stay in the machine monitor (heavy exits, kicks) or from exit to entry (light ones), off the CPU \
      or on it; stages, means of an exit: the switch to user space and back, the kernel, the machine monitor. What is \
      unknown is -.
        Where this KVM emulates guest code no exit is reported (kvm_exit): light exits are unknown, guest and kernel are \
      not told apart (in KVM %), and the kernel's stage is not known.

      JSON
        time, seconds: end of the interval since the beginning, and its length; from_tsc, until_tsc: the same on the host's \
      TSC. tsc_khz. event_cost_cycles, events_per_exit, probe_share, events_lost, events_lost_in_all, own_cpu_share: the \
      head. light_unknown_because. vms: vm (number), pid, name, has_ended, figures, vcpus (vcpu, figures). figures: \
      wall_cycles; exits, light (null: unknown), heavy, kicks, kernel_events: counts; parts: cycles by where the time went; \
      sites and reasons: reason, site, class, interval (vmm or exit_to_entry), count, time_share, sum_cycles, p50_cycles, \
      p99_cycles, maximum_cycles, mean_switch_cycles, mean_vmm_cycles, stages (means).

      EXIT STATUS: 0 when it has ended as it should, by Ctrl-C too; else see `sortie --help`.
      """)

  @OptionGroup var target: TargetOptions

  @Option(help: ArgumentHelp("Time between two views: 1s, 500ms; at least 100ms.", valueName: "time"))
  var interval = TimeSpan(seconds: 1)

  @Option(help: ArgumentHelp("End after so many views.", valueName: "n"))
  var count: Int?

  @Option(
    help: ArgumentHelp(
      "End after so long: 10s, 500ms, 2m or 1h; else with the VM or Ctrl-C.", valueName: "time"))
  var duration: TimeSpan?

  @Flag(help: "One JSON object on a line each interval.")
  var json = false

  @OptionGroup var events: KernelEventOptions

  func validate() throws {
    if target.count != 1 {
      throw ValidationError(
        target.count == 0
          ? "which VM? Give a PID, --name or --all; sortie attach --list shows them"
          : "one of PID, --name and --all at a time")
    }
    if interval.seconds < 0.1 || interval.seconds > 3600 {
      throw ValidationError("--interval \(interval): 100ms to 1h are possible")
    }
    if let count, count < 1 { throw ValidationError("--count \(count): at least 1") }
  }

  func run() throws {
    // First of all, for the threads that are started later inherit that signals are blocked.
    Interruption.begin()
    let processes = try target.target.processes()
    let live = try LiveView(target.target, details: events.detail, bufferKiB: events.kernelBuffer)
    var loop = TopLoop(
      live, TopLoop.Limits(interval: interval.seconds, count: count, duration: duration?.seconds),
      isJSON: json)
    try loop.run(processes)
  }
}
