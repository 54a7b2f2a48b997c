/// The kernel's threads that serve the queues of a process's vhost devices.
///
/// Each is called `vhost-` and the id of the thread that asked for it (Linux, drivers/vhost/vhost.c): a kernel thread before
/// Linux 6.4, a thread of the process since.
public enum VhostWorkers {
  /// The device that they come with.
  private static let path = "/dev/vhost-net"

  /// CPU time that they have used, ns; nil where the process has no such device, or they cannot be found.
  public static func cpuTime(of pid: UInt32, in files: ProcessFiles = ProcessFiles()) -> UInt64? {
    guard let links = try? files.descriptors(of: pid), links.values.contains(path) else { return nil }
    let threads = files.threads(of: pid)
    let names = Set(threads.map { "vhost-\($0)" })
    func name(_ thread: UInt32, of process: UInt32) -> String {
      files.name(ofThread: thread, of: process) ?? ""
    }
    // In a namespace of processes the ids of threads are not those that the kernel names them by.
    let own = threads.filter { name($0, of: pid).hasPrefix("vhost-") }
    let times =
      own.isEmpty
      ? files.processes().filter { names.contains(name($0, of: $0)) }.map {
        files.cpuTime(ofThread: $0, of: $0)
      }
      : own.map { files.cpuTime(ofThread: $0, of: pid) }
    return times.reduce(nil) { sum, time in time.map { (sum ?? 0) &+ $0 } ?? sum }
  }
}
