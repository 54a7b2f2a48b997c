import ArgumentParser
import Glibc

/// The command: its verbs are one file each in `Commands`.
@main
struct Sortie: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sortie",
    abstract: "What VM exits cost, and why.",
    discussion: """
      sortie runs a guest in its own virtual machine monitor on /dev/kvm, stamps every return of KVM_RUN in cycles \
      into a compressed trace file, and reports what the exits cost.

      START HERE
        sortie doctor                      what this host can and cannot measure
        sortie record                      run the standard set of guests and print the report
        sortie record pio-write            run one guest; the trace goes to pio-write.sortie
        sortie report pio-write.sortie     what its exits cost
        sortie compare a.sortie b.sortie   what makes one dearer than the other
        sortie record ./my-guest.elf       your own bare-metal guest
        sortie attach --name web1          a VM that runs already, of QEMU or any other machine monitor
        sortie top --all                   what the exits of running VMs cost, live
        sortie import perf.data            what perf or trace-cmd recorded of KVM

      WORDS
        A round trip is one return of KVM_RUN to this program and the way back. A heavy exit has at least one; a \
      light exit is handled inside the kernel and has none. Cycles are TSC reference cycles.

      EXIT STATUS
        0    done
        1    it failed: the message says what, where and how to mend it
        2    the command line is wrong
        3    this host cannot do what was asked for, and the message says which and why
        4    the guest failed: it crashed, or ended with a status that is not success; of a PC and of a guest of your own that
             status is passed on instead
        124  --timeout ended the guest
        130  a signal ended the guest (Ctrl-C); its trace is whole. Of attach and top, Ctrl-C is the usual end: 0
      """,
    version: "sortie 0.1.0",
    subcommands: [
      Record.self, Attach.self, Top.self, Import.self, Report.self, Compare.self, Info.self, Dump.self,
      Workloads.self,
      Doctor.self,
      Bench.self, Check.self, Blocks.self, IOPlanCommand.self,
    ])

  /// Runs a verb; a wrong command line ends with status 2, as the manual says.
  static func main() {
    // A reader that has gone is an error of the write, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let failure as Failure {
      Terminal.error(failure.message)
      leave(with: failure.status)
    } catch {
      let code = exitCode(for: error)
      let text = fullMessage(for: error)
      if code == .success {
        print(text)
        leave(with: .success)
      }
      Terminal.write(text + "\n")
      leave(with: code == .validationFailure ? .usage : .failure)
    }
  }
}
