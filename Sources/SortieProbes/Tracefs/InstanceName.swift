internal import Glibc
internal import Synchronization

/// The name of a trace instance, which says whose it is: `sortie-PID-START-PIDNS-NUMBER`.
///
/// A process id is used again; with the time its process was started (clock ticks since boot, proc_pid_stat(5), field
/// 22) it is not. Ids of another PID namespace say nothing here, so the namespace stands in the name too.
struct InstanceName: Equatable, CustomStringConvertible {
  /// Process id in its namespace.
  var pid: Int32
  /// Clock ticks from boot to its start.
  var startTicks: UInt64
  /// Inode of its PID namespace.
  var namespace: UInt64
  /// Instances of the process before this one.
  var number: UInt64

  private static let prefix = "sortie"
  private static let nextNumber = Atomic<UInt64>(0)

  /// A name for a further instance of this process; nil where procfs does not say what it takes.
  static func next() -> InstanceName? {
    guard let namespace = currentNamespace, let process = Process(pid: getpid()) else { return nil }
    return InstanceName(
      pid: getpid(), startTicks: process.startTicks, namespace: namespace,
      number: nextNumber.add(1, ordering: .relaxed).oldValue)
  }

  init(pid: Int32, startTicks: UInt64, namespace: UInt64, number: UInt64) {
    self.pid = pid
    self.startTicks = startTicks
    self.namespace = namespace
    self.number = number
  }

  /// Reads a name; nil for one that was not given by ``next()``.
  init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 5, parts[0] == Self.prefix, let pid = Int32(parts[1]), pid > 0,
      let startTicks = UInt64(parts[2]), let namespace = UInt64(parts[3]), let number = UInt64(parts[4])
    else { return nil }
    self.init(pid: pid, startTicks: startTicks, namespace: namespace, number: number)
    guard description == text else { return nil }
  }

  var description: String { "\(Self.prefix)-\(pid)-\(startTicks)-\(namespace)-\(number)" }

  /// Whether its process is known to have ended.
  var isOrphan: Bool {
    guard namespace == Self.currentNamespace else { return false }
    guard let process = Process(pid: pid) else { return kill(pid, 0) < 0 && errno == ESRCH }
    return process.startTicks != startTicks || process.hasEnded
  }

  private static var currentNamespace: UInt64? {
    var buffer = [CChar](repeating: 0, count: 64)
    guard readlink("/proc/self/ns/pid", &buffer, buffer.count - 1) > 0 else { return nil }
    // pid:[4026531836]
    let text = String(decoding: buffer.lazy.map { UInt8(bitPattern: $0) }.prefix { $0 != 0 }, as: UTF8.self)
    return UInt64(text.drop { !$0.isNumber }.prefix { $0.isNumber })
  }

  /// What `/proc/PID/stat` says of a process.
  struct Process {
    let startTicks: UInt64
    /// It is a zombie or dead.
    let hasEnded: Bool

    init?(pid: Int32) {
      guard let text = KernelFile.read("/proc/\(pid)/stat") else { return nil }
      self.init(stat: text)
    }

    /// Reads the text of `/proc/PID/stat`: the command, field 2, stands in parentheses and may hold anything.
    init?(stat text: String) {
      guard let end = text.lastIndex(of: ")") else { return nil }
      let fields = text[text.index(after: end)...].split(separator: " ")
      guard fields.count > 19, let ticks = UInt64(fields[19]) else { return nil }
      startTicks = ticks
      hasEnded = ["Z", "X", "x"].contains(fields[0])
    }
  }
}
