import CLinuxKVM
import Glibc

/// A program that was started, with its output in files: however much it writes, it never waits for this process.
final class Subprocess {
  enum Ending: Equatable {
    case exited(Int32)
    case killed(signal: Int32)
  }

  struct Result {
    let ending: Ending
    let output: [UInt8]
    /// What it wrote to standard error.
    let messages: String
    /// From start to end, seconds.
    let seconds: Double

    var status: Int32? { if case .exited(let status) = ending { status } else { nil } }
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  let pid: pid_t
  private let output: Int32
  private let messages: Int32
  private let start: Double
  private let command: String
  private var ending: Ending?

  /// Starts `path` with `arguments`, and `environment` besides that of this process.
  init(_ path: String, _ arguments: [String], environment: [String: String] = [:]) throws {
    command = ([path] + arguments).joined(separator: " ")
    output = try Self.scratchFile()
    messages = try Self.scratchFile()
    start = Self.now()

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, messages, STDERR_FILENO)

    var arguments = ([path] + arguments).map { strdup($0) } + [nil]
    var variables = Self.environment(adding: environment).map { strdup($0) } + [nil]
    defer { for pointer in arguments + variables { free(pointer) } }
    var pid: pid_t = 0
    let error = posix_spawnp(&pid, path, &actions, nil, &arguments, &variables)
    guard error == 0 else {
      throw Failure(description: "\(path) cannot be started: \(String(cString: strerror(error)))")
    }
    self.pid = pid
  }

  deinit {
    if ending == nil {
      kill(pid, SIGKILL)
      var status: Int32 = 0
      waitpid(pid, &status, 0)
    }
    close(output)
    close(messages)
  }

  /// Waits for its end; if that takes more than `limit` seconds it is killed, which is an error.
  func wait(limit: Double) throws -> Result {
    let begin = Self.now()
    while true {
      var status: Int32 = 0
      if waitpid(pid, &status, WNOHANG) == pid {
        let signal = status & 0x7f
        let ending = signal == 0 ? Ending.exited((status >> 8) & 0xff) : .killed(signal: signal)
        self.ending = ending
        return Result(
          ending: ending, output: Self.contents(output),
          messages: String(decoding: Self.contents(messages), as: UTF8.self), seconds: Self.now() - start)
      }
      if Self.now() - begin > limit {
        throw Failure(
          description: "`\(command)` did not end within \(limit) s; it said: "
            + String(decoding: Self.contents(messages), as: UTF8.self))
      }
      usleep(2000)
    }
  }

  func send(_ signal: Int32) { kill(pid, signal) }

  /// Seconds of CLOCK_MONOTONIC.
  static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private static func scratchFile() throws -> Int32 {
    let file = sortie_memfd("output")
    guard file >= 0 else {
      throw Failure(description: "memfd_create: \(String(cString: strerror(-file)))")
    }
    return file
  }

  private static func contents(_ file: Int32) -> [UInt8] {
    var status = stat()
    fstat(file, &status)
    let size = Int(status.st_size)
    return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size {
        let read = pread(file, buffer.baseAddress.map { $0 + count }, size - count, off_t(count))
        guard read > 0 else { break }
        count += read
      }
    }
  }

  private static func environment(adding: [String: String]) -> [String] {
    var variables: [String] = []
    var next = environ
    while let variable = next.pointee {
      let text = String(cString: variable)
      if !adding.keys.contains(where: { text.hasPrefix($0 + "=") }) { variables.append(text) }
      next += 1
    }
    return variables + adding.map { "\($0.key)=\($0.value)" }
  }
}
