import CLinuxKVM
import Glibc
import SortieMachine
import SystemPackage

/// A program that this one starts, with pipes to its standard input and from its standard output. Its standard error is this
/// program's. It is gone when this object is.
final class Child {
  private let pid: pid_t
  private let input: Int32
  private let output: Int32
  private let command: String
  private var buffer: [UInt8] = []
  private var isReaped = false

  /// The longest line that is taken from a child, bytes.
  private static let longestLine = 16 << 20

  /// Starts `arguments`, of which the first is the program's path, with pipes from and to it.
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
    try check(spawned.error)
  }

  /// Starts a program without input, whose output and messages go to the file `messages`, or to this program's standard
  /// error.
  private init(_ arguments: [String], environment: [String: String], messages: FilePath?) throws(Failure) {
    command = arguments.joined(separator: " ")
    (input, output) = (-1, -1)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    if let messages {
      posix_spawn_file_actions_addopen(
        &actions, STDERR_FILENO, messages.string, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    }
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO)
    let spawned = Self.spawn(arguments, environment, &actions)
    pid = spawned.pid
    try check(spawned.error)
  }

  private func check(_ error: Int32) throws(Failure) {
    guard error != 0 else { return }
    isReaped = true
    throw Failure("\(command) cannot be started: \(String(cString: strerror(error)))")
  }

  deinit {
    close(input)
    close(output)
    end()
  }

  /// Ends it, whatever it does: nothing it could still say is wanted.
  func end() {
    guard !isReaped else { return }
    // A recorder ends its guest and its file when it is asked to; what does not listen is made to.
    kill(pid, SIGTERM)
    let deadline = MonotonicClock.seconds() + Self.patience
    while reaped() == nil {
      if MonotonicClock.seconds() > deadline { kill(pid, SIGKILL) }
      usleep(1000)
    }
  }

  /// Its exit status, 128 and the signal's number where a signal ended it; nil while it goes on.
  private func reaped() -> Int32? {
    var status: Int32 = 0
    guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
    isReaped = true
    return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
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
    let deadline = MonotonicClock.seconds() + limit
    while true {
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        defer { buffer.removeFirst(end + 1) }
        return Array(buffer[..<end])
      }
      guard buffer.count < Self.longestLine else { throw Failure("`\(command)` wrote a line without end") }
      let left = deadline - MonotonicClock.seconds()
      guard left > 0 else { throw Failure("`\(command)` said nothing for \(Int(limit)) s") }
      let isReady = Interruption.wait(milliseconds: Int32(min(left * 1000, 1e6)) + 1, orInput: output)
      if Interruption.hasCome { throw Interruption.failure }
      guard isReady else { continue }
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      let count = read(output, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw ending() }
      buffer += chunk[..<count]
    }
  }

  /// What its end says, after the end of its output. It has said on standard error what was wrong; that it was used wrongly,
  /// or that this host cannot do it, is passed on.
  private func ending() -> Failure {
    let passedOn: Set<ExitStatus> = [.usage, .unsupportedHere, .interrupted]
    guard let status = wait(limit: Self.patience) else {
      return Failure("`\(command)` closed its output and did not end")
    }
    let meaning = ExitStatus(rawValue: status).flatMap { passedOn.contains($0) ? $0 : nil }
    return Failure("`\(command)` ended too early, with status \(status)", status: meaning ?? .failure)
  }

  /// Seconds that a program may take from the end of its output to its own.
  private static let patience = 2.0

  /// Its exit status as ``reaped()``; nil where it goes on for `limit` seconds, or when this program is asked to end.
  private func wait(limit: Double) -> Int32? {
    let deadline = MonotonicClock.seconds() + limit
    while MonotonicClock.seconds() < deadline, !Interruption.hasCome {
      if let status = reaped() { return status }
      Interruption.wait(milliseconds: 2)
    }
    return nil
  }

  /// Runs a program to its end, its output joined to standard error, and returns its exit status.
  ///
  /// - Parameter messages: where both go instead; nil: this program's standard error.
  /// - Parameter limit: seconds after which it is ended.
  /// - Throws: ``Failure`` when it cannot be started, or does not end.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], messages: FilePath? = nil, limit: Double
  ) throws(Failure) -> Int32 {
    let child = try Child(arguments, environment: environment, messages: messages)
    guard let status = child.wait(limit: limit) else {
      if Interruption.hasCome { throw Interruption.failure }
      throw Failure("`\(child.command)` did not end within \(Int(limit)) s")
    }
    return status
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
