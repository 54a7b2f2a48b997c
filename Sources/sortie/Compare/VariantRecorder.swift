import Glibc
import SortieAnalysis
import SortieGate
import SystemPackage
import WorkloadCatalog

/// Records runs of variants, each in a fresh virtual machine of a freshly started program, and analyses them here.
struct VariantRecorder: ~Copyable {
  private let program: FilePath
  private let placement: PlacementOptions
  private let injection: InjectionOptions
  private let iterations: UInt64?
  /// The variant that is disturbed by what is injected; nil: all.
  private let disturbed: String?
  private let directory: TraceDirectory

  /// Seconds after which a run is given up.
  private static let limit = 60.0
  /// Seconds that its program may take besides.
  private static let around = 120.0

  /// A recorder of runs on such machines, of so many operations where the variants' own number is not wanted, whose traces
  /// stay in the directory `kept`, if there is one.
  ///
  /// - Throws: ``Failure`` when there is no place for the traces.
  init(
    _ placement: PlacementOptions, _ injection: InjectionOptions, iterations: UInt64?,
    disturbing disturbed: String?, keepingTracesIn kept: FilePath?
  ) throws(Failure) {
    guard let program = OwnProgram.path else { throw Failure("/proc/self/exe cannot be read") }
    directory = try TraceDirectory(keepingIn: kept, for: "compare")
    self.program = program
    self.placement = placement
    self.injection = injection
    self.iterations = iterations
    self.disturbed = disturbed
  }

  /// Operations of a run of `variant`.
  func operations(_ variant: ReadyComparison.Variant) -> UInt64 { iterations ?? variant.iterations }

  /// The words after `sortie record` that make a run of `variant`.
  func command(_ variant: ReadyComparison.Variant) -> [String] {
    let isDisturbed = disturbed.map { $0 == variant.name } ?? true
    return [variant.workload, "--iterations", "\(operations(variant))"]
      + variant.parameters.flatMap { ["--parameter", "\($0)"] } + placement.words
      + (isDisturbed ? injection.words : []) + variant.options
  }

  /// What a run of `variant` says, or why it could not be had. Its trace is `name`.sortie. A guest that transferred wrong data
  /// has run.
  ///
  /// - Parameter options: further ones of `sortie record`.
  /// - Throws: ``Failure`` when recording is interrupted, or cannot be started.
  func run(
    _ variant: ReadyComparison.Variant, name: String, options: [String] = []
  ) throws(Failure) -> Result<Analysis, Obstacle> {
    let (trace, messages) = (directory.file(name + ".sortie"), directory.file(name + ".log"))
    defer {
      directory.release(trace)
      unlink(messages.string)
    }
    let status = try Child.run(
      [program.string, "record"] + command(variant) + options
        + ["--timeout", "\(Self.limit)", "--output", trace.string],
      messages: messages, limit: Self.limit + Self.around)
    switch ExitStatus(rawValue: status) {
    case .success: return .success(try OpenTrace.analysis(trace, sites: .guestSpans))
    case .interrupted: throw Interruption.failure
    case let status:
      let analysis = try? OpenTrace.analysis(trace, sites: .guestSpans)
      if let analysis, Self.wrongTransfer(analysis) != nil { return .success(analysis) }
      let outcome = analysis?.vms.last?.attributes["outcome"]
      return .failure(
        Obstacle(
          verdict: status == .unsupportedHere ? .unsupported : .notComparable,
          reason: outcome ?? Self.lastWords(messages) ?? "it cannot be recorded"))
    }
  }

  /// What was wrong first with the data of a guest that ended well but for that; nil where nothing was.
  static func wrongTransfer(_ analysis: Analysis) -> String? {
    guard let run = analysis.vms.last?.attributes, run["io_read_checksum"] != nil,
      let outcome = run["outcome"],
      outcome.hasPrefix(failed)
    else { return nil }
    return String(outcome.dropFirst(failed.count))
  }

  private static let failed = "failed: "

  /// The last line that a recording said on standard error: why it failed.
  private static func lastWords(_ path: FilePath) -> String? {
    guard let file = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec]) else { return nil }
    var bytes = [UInt8](repeating: 0, count: 1 << 14)
    let count = (try? file.closeAfter { try bytes.withUnsafeMutableBytes { try file.read(into: $0) } }) ?? 0
    let lines = String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
    // Of a wrong command line the last one only says where there is help.
    let line = lines.last { $0.hasPrefix("Error: ") } ?? lines.last
    return line.map { line in
      let own = "sortie: "
      return String(line.hasPrefix(own) ? line.dropFirst(own.count) : line)
    }
  }
}
