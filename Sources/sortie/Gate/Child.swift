import CLinuxKVM
import Glibc
import SystemPackage

/// A program that this one starts, with pipes to its standard input and from its standard output. Its standard error is this
/// program's. It is gone when this object is.
final class Child {
  let pid: pid_t
  private let input: Int32
  private let output: Int32
  private let command: String
  private var buffer: [UInt8] = []
  private var isReaped = false

  /// The longest line that is taken from a child, bytes.
  private static let longestLine = 16 << 20

  /// Starts `arguments`, of which the first is the program's path.
  ///
  /// - Throws: ``Failure`` when it cannot be started.
  init(_ arguments: [String], environment: [String: String]) throws(Failure) {
    command = arguments.joined(separator: " ")
    let (toChild, fromChild) = (try Self.pipes(), try Self.pipes())
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, toChild.read, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, fromChild.write, STDOUT_FILENO)
    let spawned = Self.spawn(arguments, environment, &actions)
    close(toChild.read)
    close(fromChild.write)
    (input, output) = (toChild.write, fromChild.read)
    pid = spawned.pid
    guard spawned.error == 0 else {
      isReaped = true
      throw Failure("\(command) cannot be started: \(String(cString: strerror(spawned.error)))")
    }
  }

  deinit {
    close(input)
    close(output)
    end()
  }

  /// Ends it, whatever it does: nothing it could still say is wanted.
  func end() {
    guard !isReaped else { return }
    kill(pid, SIGKILL)
    _ = wait()
  }

  /// Gives it a line.
  ///
  /// - Throws: ``Failure`` when it takes none any more.
  func send(_ line: String) throws(Failure) {
    var bytes = Array((line + "\n").utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw Failure("`\(command)` ended too early") }
      bytes = bytes.dropFirst(written)
    }
  }

  /// The next line it writes, without its end.
  ///
  /// - Throws: ``Failure`` when it ends instead, says nothing for `limit` seconds, or says too much.
  func line(limit: Double) throws(Failure) -> [UInt8] {
    let deadline = Clock.seconds() + limit
    while true {
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        defer { buffer.removeFirst(end + 1) }
        return Array(buffer[..<end])
      }
      guard buffer.count < Self.longestLine else { throw Failure("`\(command)` wrote a line without end") }
      var ready = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
      let left = deadline - Clock.seconds()
      guard left > 0 else { throw Failure("`\(command)` said nothing for \(Int(limit)) s") }
      guard poll(&ready, 1, Int32(min(left * 1000, 1e6)) + 1) > 0 else { continue }
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      let count = read(output, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw ending() }
      buffer += chunk[..<count]
    }
  }

  /// What its end says, after the end of its output.
  private func ending() -> Failure {
    let status = wait()
    // It has said on standard error what was wrong, and its status means what this program's means.
    return Failure(
      "`\(command)` ended with status \(status)", status: ExitStatus(rawValue: status) ?? .failure)
  }

  /// Its exit status; 128 and the signal's number where a signal ended it.
  private func wait() -> Int32 {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    isReaped = true
    return Self.code(status)
  }

  /// Runs a program to its end, its output joined to standard error, and returns its exit status.
  ///
  /// - Parameter messages: where both go instead; nil: this program's standard error.
  ///
  /// - Throws: ``Failure`` when it cannot be started.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], messages: FilePath? = nil
  ) throws(Failure) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    if let messages {
      posix_spawn_file_actions_addopen(
        &actions, STDERR_FILENO, messages.string, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    }
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO)
    let (pid, error) = spawn(arguments, environment, &actions)
    guard error == 0 else {
      throw Failure("\(arguments[0]) cannot be started: \(String(cString: strerror(error)))")
    }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return code(status)
  }

  private static func code(_ status: Int32) -> Int32 {
    status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
  }

  private static func pipes() throws(Failure) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    let error = sortie_pipe(&ends)
    guard error == 0 else { throw Failure("pipe2: \(String(cString: strerror(-error)))") }
    return (ends[0], ends[1])
  }

  private static func spawn(
    _ arguments: [String], _ environment: [String: String], _ actions: inout posix_spawn_file_actions_t
  ) -> (pid: pid_t, error: Int32) {
    // Signals that this process has blocked are the child's to take.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

    var words = arguments.map { strdup($0) } + [nil]
    var variables = variables(adding: environment).map { strdup($0) } + [nil]
    defer { for pointer in words + variables { free(pointer) } }
    var pid: pid_t = 0
    let error = posix_spawn(&pid, arguments[0], &actions, &attributes, &words, &variables)
    return (pid, error)
  }

  private static func variables(adding: [String: String]) -> [String] {
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

/// CLOCK_MONOTONIC.
enum Clock {
  /// Seconds since some time in the past.
  static func seconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }
}
