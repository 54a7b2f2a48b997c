import Glibc
import SortieProbes

/// What the host's own settings mean for figures taken on it.
enum HostFindings {
  static func all(_ host: HostDescription) -> [Finding] {
    [
      timeStampCounter(host), clockSource(host), governor(host), multithreading(host), load(host),
      steal(host),
      mitigations(host), tracing(host),
    ]
  }

  private static func timeStampCounter(_ host: HostDescription) -> Finding {
    switch host[.tscInvariant] {
    case "true":
      Finding("TSC", .good, "invariant", "cycles are time: one rate on every processor in every power state")
    case "false":
      Finding(
        "TSC", .caution, "not invariant",
        "cycles change their length with frequency and power states; compare only within one short run",
        remedy: "fix the frequency (governor performance, no deep idle states)")
    default: unknown("TSC", "whether cycles are time")
    }
  }

  private static func clockSource(_ host: HostDescription) -> Finding {
    guard let source = host[.clockSource] else {
      return unknown("clock source", "which clock the kernel trusts")
    }
    if source == "tsc" { return Finding("clock source", .good, source, "the kernel trusts the TSC itself") }
    return Finding(
      "clock source", .caution, source,
      "the kernel does not use the TSC: the TSCs of its processors may differ, and so may stamps of two processors",
      remedy: "boot with tsc=reliable if the processors' TSCs are known to be in step")
  }

  private static func governor(_ host: HostDescription) -> Finding {
    guard let governor = host[.governor] else {
      return Finding(
        "frequency governor", .unknown, "none visible",
        "the frequency is set elsewhere (firmware, a hypervisor below) and may change while recording")
    }
    if governor == "performance" {
      return Finding("frequency governor", .good, governor, "the frequency does not follow the load")
    }
    return Finding(
      "frequency governor", .caution, governor,
      "TSC cycles of the same code vary with the frequency of the moment",
      remedy: "cpupower frequency-set -g performance")
  }

  private static func multithreading(_ host: HostDescription) -> Finding {
    switch host[.smt] {
    case "on":
      Finding(
        "SMT", .caution, "on", "a neighbour on the same core slows and blurs every stage",
        remedy: "echo off > /sys/devices/system/cpu/smt/control, or keep the sibling of the pinned CPU idle")
    case .some(let control):
      Finding("SMT", .good, control, "no second thread shares the core's units")
    case nil: unknown("SMT", "whether another thread shares the core")
    }
  }

  private static func load(_ host: HostDescription) -> Finding {
    guard let load = host[.load].flatMap(Double.init) else {
      return unknown("load", "who else wants the processors")
    }
    let processors = Double(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    if load < 0.5 * processors {
      return Finding("load", .good, "\(load)", "processors are free for the vCPUs")
    }
    return Finding(
      "load", .caution, "\(load) on \(Int(processors)) processors",
      "vCPU threads are preempted: tails grow, means are ruined, medians hold longest",
      remedy: "stop other work, or pin vCPUs to processors that nothing else uses (--pin)")
  }

  private static func steal(_ host: HostDescription) -> Finding {
    guard let steal = host[.steal] else { return unknown("steal", "what a hypervisor below takes away") }
    let isNone = steal.hasPrefix("0.0")
    return Finding(
      "steal", isNone ? .good : .caution, "\(steal) since boot",
      isNone
        ? "no hypervisor below takes time away"
        : "a hypervisor below runs others on these processors; its gaps stand in the tails")
  }

  private static func mitigations(_ host: HostDescription) -> Finding {
    guard let mitigations = host[.mitigations] else {
      return Finding("mitigations", .good, "none listed", "no speculation mitigation lengthens exits")
    }
    let names = mitigations.split(separator: "|").map { $0.prefix { $0 != ":" }.drop { $0 == " " } }
    return Finding(
      "mitigations", .caution, names.joined(separator: ", "),
      "part of every exit is their cost; figures from hosts with others are not comparable (`--json` has the details)"
    )
  }

  private static func tracing(_ host: HostDescription) -> Finding {
    let topic = "kernel events"
    do throws(ProbeError) {
      let tracefs = try Tracefs()
      let place = tracefs.mountPoint ?? "tracefs, mounted by nobody: a private one while recording"
      guard tracefs.has(event: "kvm/kvm_exit") else {
        return Finding(
          topic, .missing, "none of KVM's", "the kernel's side of exits cannot be seen",
          remedy: "modprobe kvm")
      }
      guard host[.emulatedGuestCode] != "true" else {
        return Finding(
          topic, .caution, place,
          "KVM's tracepoints can be read, but kvm_exit and kvm_entry never fire: there is no hardware exit here"
        )
      }
      return Finding(
        topic, .good, place, "KVM's tracepoints can be read: light exits and the kernel's stages")
    } catch {
      return Finding(
        topic, .missing, "\(error)",
        "the kernel's side of exits cannot be seen; VMM and guest stamps remain", remedy: "run as root")
    }
  }

  private static func unknown(_ topic: String, _ what: String) -> Finding {
    Finding(topic, .unknown, "unknown", "the kernel does not say \(what)")
  }
}
