import Glibc
internal import SystemPackage

/// Processes as procfs shows them (proc(5)), or a directory that is made like it.
///
/// A process may end at any moment: what is gone reads as nothing, and who needs to know why asks for ``descriptors(of:)``.
public struct ProcessFiles: Sendable {
  private let root: String

  /// The processes below `root`.
  public init(root: String = "/proc") { self.root = root }

  /// Ids of all processes, ascending.
  func processes() -> [UInt32] { KernelFile.list(root).compactMap { UInt32($0) }.sorted() }

  /// Whether there is a process of this id.
  func has(_ pid: UInt32) -> Bool { access("\(root)/\(pid)", F_OK) == 0 }

  /// What the descriptors of a process refer to, as its links in `fd` say.
  ///
  /// - Throws: `Errno`: `.noSuchFileOrDirectory` where there is no such process, `.permissionDenied` where it is not ours
  ///   to look at (ptrace(2), "Ptrace access mode checking").
  func descriptors(of pid: UInt32) throws(Errno) -> [Int32: String] {
    let path = "\(root)/\(pid)/fd"
    guard let directory = opendir(path) else { throw Errno(rawValue: errno) }
    defer { closedir(directory) }
    var descriptors: [Int32: String] = [:]
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard let number = Int32(name) else { continue }
      var target = [CChar](repeating: 0, count: 256)
      let count = readlink("\(path)/\(name)", &target, target.count)
      guard count > 0 else { continue }
      let bytes = target[..<count].lazy.map { UInt8(bitPattern: $0) }
      descriptors[number] = String(decoding: bytes, as: UTF8.self)
    }
    return descriptors
  }

  /// Ids of the threads of a process, ascending.
  func threads(of pid: UInt32) -> [UInt32] {
    KernelFile.list("\(root)/\(pid)/task").compactMap { UInt32($0) }.sorted()
  }

  /// What a thread is called (`comm`); nil where it is gone.
  func name(ofThread thread: UInt32, of pid: UInt32) -> String? {
    KernelFile.read("\(root)/\(pid)/task/\(thread)/comm")
  }

  /// CPU time that a thread has used, ns, as the scheduler counts it (Documentation/scheduler/sched-stats.rst); nil where it is
  /// gone, or the kernel does not count.
  func cpuTime(ofThread thread: UInt32, of pid: UInt32) -> UInt64? {
    KernelFile.read("\(root)/\(pid)/task/\(thread)/schedstat")?.split(separator: " ").first.flatMap {
      UInt64($0)
    }
  }

  /// The system call that a thread waits in; nil where it runs, is gone or may not be looked at.
  func systemCall(ofThread thread: UInt32, of pid: UInt32) -> WaitingCall? {
    KernelFile.read("\(root)/\(pid)/task/\(thread)/syscall").flatMap(WaitingCall.init)
  }

  /// The arguments that a process was started with; empty where nothing says.
  func arguments(of pid: UInt32) -> [String] {
    guard var text = KernelFile.read("\(root)/\(pid)/cmdline") else { return [] }
    if text.last == "\0" { text.removeLast() }
    return text.isEmpty ? [] : text.split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
  }

  /// Name of the program (`comm`), and the clock ticks from boot to its start, which tell it from one that has its id
  /// later; nil where it has ended.
  func identity(of pid: UInt32) -> (name: String, startTicks: UInt64)? {
    guard let text = KernelFile.read("\(root)/\(pid)/stat"), let process = InstanceName.Process(stat: text),
      !process.hasEnded, let first = text.firstIndex(of: "("), let last = text.lastIndex(of: ")"),
      first < last
    else { return nil }
    return (String(text[text.index(after: first)..<last]), process.startTicks)
  }
}
