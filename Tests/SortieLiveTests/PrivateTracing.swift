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

    /// A line such as `sortie-1234  [001] .....  4993.630808: kvm_msr: msr_read 1b = 0xfee00900`, whose first word
    /// may have spaces and dashes in it.
    init?(_ line: Substring.UTF8View) {
      guard let processor = line.firstIndex(of: UInt8(ascii: "[")),
        let dash = line[..<processor].lastIndex(of: UInt8(ascii: "-")),
        let digits = line[line.index(after: dash)..<processor].split(separator: UInt8(ascii: " ")).first,
        let thread = UInt32(Substring(digits)),
        let name = line[processor...].split(separator: UInt8(ascii: " ")).first(where: {
          $0.starts(with: "kvm_".utf8)
        })
      else { return nil }
      self.thread = thread
      self.name = String(Substring(name.dropLast()))
    }
  }

  private let instance: String
  private let tracefs: MountedTracefs

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
    tracefs = try MountedTracefs()
    instance = "\(tracefs.root)/instances/sortie-test-\(getpid())"
    guard mkdir(instance, 0o700) == 0 else {
      throw Failure(description: "\(instance): \(String(cString: strerror(errno)))")
    }
    try set("tracing_on", "0")
    try set("buffer_size_kb", "8192")
    try set("options/event-fork", "1")
    for event in events { try set("events/kvm/\(event)/enable", "1") }
  }

  deinit { rmdir(instance) }

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
    return try Self.contents(instance + "/trace").utf8.split(separator: UInt8(ascii: "\n"))
      .filter { $0.first != UInt8(ascii: "#") }.map { line in
        guard let event = Event(line) else {
          throw Failure(description: "a line of the trace that is no event: \(Substring(line))")
        }
        return event
      }
  }

  /// Events that the kernel's buffers had no room for.
  func lost() throws -> Int {
    let counters = #/(?:overrun|commit overrun|dropped events): (\d+)/#
    return try FileManager.default.contentsOfDirectory(atPath: instance + "/per_cpu").reduce(0) { lost, cpu in
      let stats = try Self.contents("\(instance)/per_cpu/\(cpu)/stats")
      return lost + stats.matches(of: counters).reduce(0) { $0 + (Int($1.1) ?? 0) }
    }
  }

  /// A file of the kernel's, whose size is not known before it is read.
  private static func contents(_ path: String) throws -> String {
    guard let file = FileHandle(forReadingAtPath: path), let bytes = try file.readToEnd() else {
      throw Failure(description: "\(path) cannot be read")
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func set(_ file: String, _ value: String) throws {
    let descriptor = open("\(instance)/\(file)", O_WRONLY | O_TRUNC | O_CLOEXEC)
    defer { close(descriptor) }
    guard descriptor >= 0, write(descriptor, value, value.utf8.count) == value.utf8.count else {
      throw Failure(description: "\(instance)/\(file): \(String(cString: strerror(errno)))")
    }
  }
}
