import Glibc
public import SystemPackage

/// One boot of the lab (`Tests/Lab`) for many tests: what its commands printed, and the files they left.
public final class LabBoot: Sendable {
  /// The package, seen from this file.
  public static let root = FilePath(#filePath).removingLastComponent().removingLastComponent()
    .removingLastComponent()

  /// A command of the boot, after its end.
  public struct Outcome {
    /// The command's status.
    public let status: Int
    /// What it printed.
    public let output: String
    /// What it said on standard error.
    public let errors: String
  }

  /// Why there is nothing to look at.
  public struct Failure: Error, CustomStringConvertible {
    /// A sentence.
    public let description: String
  }

  private static let directory = root.appending(".build/lab")

  /// Status of the boot: 0 where all commands ran, whatever their own statuses.
  public let status: Int32
  private let results: FilePath

  /// Boots the lab with `options` of `Tests/Lab/run` and runs `commands`, a name and a command each.
  public init(name: String, options: String, commands: [(name: String, command: String)]) {
    results = Self.directory.appending(name)
    let script = Self.directory.appending(name + ".script")
    let text = commands.map { "\($0.name) \($0.command)\n" }.joined()
    guard mkdir(Self.directory.string, 0o755) == 0 || errno == EEXIST, let file = fopen(script.string, "w")
    else {
      status = errno
      return
    }
    fputs(text, file)
    fclose(file)
    status =
      Self.shell(
        "'\(Self.root)/Tests/Lab/run' --name \(name) \(options) --script '\(script)' </dev/null"
      ).status
  }

  /// Why there is no lab; nil where there is one. `scripts`, with what they are given, prepare what it boots.
  public static func obstacle(preparedBy scripts: [String]) -> String? {
    for file in ["sortie", "workloads"]
    where access(root.appending(".build/static/release/\(file)").string, R_OK) != 0 {
      return "the static \(file) is not built: make static"
    }
    for script in scripts {
      let (status, output) = shell("'\(root)/Tests/Lab/'\(script) 2>&1 </dev/null")
      if status != 0 { return output.split(separator: "\n").last.map(String.init) ?? "status \(status)" }
    }
    return nil
  }

  /// How the command of this name ended.
  ///
  /// - Throws: ``Failure`` where it did not.
  public func outcome(_ name: String) throws -> Outcome {
    guard let status = try Int(contents(of: name + ".status").filter { $0 != "\n" }) else {
      throw Failure(description: "\(name) has no status")
    }
    return try Outcome(
      status: status, output: contents(of: name + ".stdout"), errors: contents(of: name + ".stderr"))
  }

  /// A file that a command left.
  ///
  /// - Throws: ``Failure`` where the lab did not come to its end.
  public func file(_ name: String, of command: String) throws -> FilePath {
    guard status == 0 else { throw Failure(description: "the lab did not come to its end") }
    return results.appending(command + ".files").appending(name)
  }

  /// What is in a file of the results.
  ///
  /// - Throws: ``Failure`` where the lab did not come to its end.
  public func contents(of file: String) throws -> String {
    guard status == 0 else { throw Failure(description: "the lab did not come to its end") }
    return Self.shell("cat '\(results.appending(file))'").output
  }

  /// The report on a trace, as JSON.
  ///
  /// - Throws: ``Failure`` where there is none.
  public static func report(on trace: FilePath) throws -> String {
    let (status, output) = shell("'\(root)/.build/static/release/sortie' report '\(trace)' --json")
    guard status == 0 else { throw Failure(description: "sortie report \(trace) ended with \(status)") }
    return output
  }

  /// Runs a shell command; its standard error is this process's.
  public static func shell(_ command: String) -> (status: Int32, output: String) {
    guard let pipe = popen(command, "r") else { return (errno, "") }
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&chunk, 1, chunk.count, pipe), count > 0 { output += chunk[..<count] }
    let status = pclose(pipe)
    return (status & 0x7f == 0 ? status >> 8 & 0xff : status, String(decoding: output, as: UTF8.self))
  }
}
