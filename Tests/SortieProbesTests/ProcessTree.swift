import FoundationEssentials
import Glibc
import SortieProbes

/// A directory that looks like /proc as far as KVM's processes are concerned; removed with the value.
final class ProcessTree {
  private let root: String

  init() throws {
    var template = Array("/tmp/sortie-proc-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw Failure(description: "mkdtemp: \(errno)") }
    root = String(cString: made)
  }

  struct Failure: Error, CustomStringConvertible { let description: String }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  var files: ProcessFiles { ProcessFiles(root: root) }

  /// A thread: its name, the line of its `syscall` file, and what its `schedstat` begins with.
  struct Thread {
    var id: UInt32
    var name: String
    var call = "running"
    /// CPU time used.
    var nanoseconds: UInt64 = 0
  }

  /// Adds a process; `links` are what its descriptors refer to, from 0 on.
  func add(
    _ pid: UInt32, _ arguments: [String], links: [String], threads: [Thread], program: String? = nil,
    startTicks: UInt64 = 4711, state: String = "S"
  ) throws {
    let program = program ?? String((arguments.first ?? "").split(separator: "/").last?.prefix(15) ?? "")
    try make("\(pid)/fd")
    try write(
      "\(pid) (\(program)) \(state) 1" + String(repeating: " 0", count: 17) + " \(startTicks) 0 0",
      "\(pid)/stat")
    try write(arguments.map { $0 + "\0" }.joined(), "\(pid)/cmdline")
    for (number, link) in links.enumerated() {
      guard symlink(link, "\(root)/\(pid)/fd/\(number)") == 0 else { throw Failure(description: link) }
    }
    for thread in threads {
      try make("\(pid)/task/\(thread.id)")
      try write(thread.name + "\n", "\(pid)/task/\(thread.id)/comm")
      try write(thread.call + "\n", "\(pid)/task/\(thread.id)/syscall")
      try write("\(thread.nanoseconds) 0 0\n", "\(pid)/task/\(thread.id)/schedstat")
    }
  }

  /// Takes a process away.
  func remove(_ pid: UInt32) throws { try FileManager.default.removeItem(atPath: "\(root)/\(pid)") }

  private func make(_ path: String) throws {
    var made = root
    for part in path.split(separator: "/") {
      made += "/\(part)"
      guard mkdir(made, 0o700) == 0 || errno == EEXIST else {
        throw Failure(description: "\(made): \(errno)")
      }
    }
  }

  private func write(_ text: String, _ path: String) throws {
    guard let file = fopen("\(root)/\(path)", "w") else { throw Failure(description: "\(path): \(errno)") }
    defer { fclose(file) }
    let bytes = Array(text.utf8)
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw Failure(description: path) }
  }
}
