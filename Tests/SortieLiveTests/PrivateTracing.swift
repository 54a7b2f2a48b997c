import Foundation
import Glibc

/// A tracing instance of the kernel's that nobody else uses: the kvm tracepoints hit by one program and its threads.
/// The global buffer is not touched; the instance goes away with its owner, and so does tracefs if it was mounted
/// for it.
final class PrivateTracing {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// A tracepoint that was hit.
  struct Event {
    let thread: UInt32
    let name: String
  }

  private let instance: String
  private let mountPoint: TemporaryDirectory?

  /// Why there is no tracing here; nil if there is.
  static let obstacle: String? = {
    do {
      _ = try PrivateTracing(events: [])
      return nil
    } catch {
      return "\(error)"
    }
  }()

  /// An instance with these events of the `kvm` group, not recording yet.
  init(events: [String]) throws {
    var root = "/sys/kernel/tracing"
    var mounted: TemporaryDirectory?
    if access(root + "/instances", F_OK) != 0 {
      let directory = try TemporaryDirectory()
      guard mount("tracefs", directory.path, "tracefs", 0, nil) == 0 else {
        throw Failure(description: "tracefs cannot be mounted: \(String(cString: strerror(errno)))")
      }
      root = directory.path
      mounted = directory
    }
    mountPoint = mounted
    instance = "\(root)/instances/sortie-test-\(getpid())"
    guard mkdir(instance, 0o700) == 0 else {
      let reason = String(cString: strerror(errno))
      if let mounted { umount2(mounted.path, Int32(MNT_DETACH)) }
      throw Failure(description: "\(instance): \(reason)")
    }
    try set("tracing_on", "0")
    try set("buffer_size_kb", "8192")
    try set("options/event-fork", "1")
    for event in events { try set("events/kvm/\(event)/enable", "1") }
  }

  deinit {
    rmdir(instance)
    if let mountPoint { umount2(mountPoint.path, Int32(MNT_DETACH)) }
  }

  /// Runs a program with its events recorded. A shell names itself to the kernel, starts recording and becomes the
  /// program, so that no event of it can be missed.
  func run(
    _ path: String, _ arguments: [String], environment: [String: String], limit: Double
  ) throws -> Subprocess.Result {
    let script = #"echo $$ >"$0/set_event_pid" && echo 1 >"$0/tracing_on" && exec "$@""#
    return try Subprocess("sh", ["-c", script, instance, path] + arguments, environment: environment)
      .wait(limit: limit)
  }

  /// What was recorded.
  func events() throws -> [Event] {
    try set("tracing_on", "0")
    // `sortie-1234  [001] .....  4993.63: kvm_msr: msr_read 1b = 0xfee00900`
    let line = #/.*-(\d+) +\[\d+\].*? [\d.]+: (\w+): /#
    return try String(contentsOfFile: instance + "/trace", encoding: .utf8)
      .split(separator: "\n").filter { !$0.hasPrefix("#") }.map { text in
        guard let match = try line.firstMatch(in: text), let thread = UInt32(match.1) else {
          throw Failure(description: "a line of the trace that is no event: \(text)")
        }
        return Event(thread: thread, name: String(match.2))
      }
  }

  /// Events that the kernel's buffers had no room for.
  func lost() throws -> Int {
    let counters = #/(?:overrun|commit overrun|dropped events): (\d+)/#
    return try FileManager.default.contentsOfDirectory(atPath: instance + "/per_cpu").reduce(0) { lost, cpu in
      let stats = try String(contentsOfFile: "\(instance)/per_cpu/\(cpu)/stats", encoding: .utf8)
      return lost + stats.matches(of: counters).reduce(0) { $0 + (Int($1.1) ?? 0) }
    }
  }

  private func set(_ file: String, _ value: String) throws {
    let descriptor = open("\(instance)/\(file)", O_WRONLY | O_TRUNC | O_CLOEXEC)
    defer { close(descriptor) }
    guard descriptor >= 0, write(descriptor, value, value.utf8.count) == value.utf8.count else {
      throw Failure(description: "\(instance)/\(file): \(String(cString: strerror(errno)))")
    }
  }
}
