import Glibc
import SortieMachine
import SortieProbes

extension Machine {
  /// What the trace says of a PC's devices after a run: which stopped and why, what their threads have used of the host's
  /// processors, what the balloon holds.
  var deviceAttributes: [String: String] {
    var attributes: [String: String] = [:]
    for (name, fault) in deviceFaults { attributes["device_fault.\(name)"] = fault }
    for (name, time) in deviceThreadTimes {
      let nanoseconds = time.components.seconds * 1_000_000_000 + time.components.attoseconds / 1_000_000_000
      attributes["thread_cpu_ns.\(name)"] = "\(nanoseconds)"
    }
    if let time = VhostWorkers.cpuTime(of: UInt32(getpid())) { attributes["thread_cpu_ns.vhost"] = "\(time)" }
    if let balloonPages { attributes["balloon_pages"] = "\(balloonPages)" }
    return attributes
  }
}
