import Foundation
import Testing
import WorkloadCatalog

/// A trace on the disk and what the program says of it.
struct Recording {
  let directory: TemporaryDirectory
  let path: String
  /// The end of the recorder.
  let result: Subprocess.Result

  /// Records a guest.
  init(_ guest: String, iterations: UInt64? = nil, _ more: [String] = [], limit: Double = 30) throws {
    directory = try TemporaryDirectory()
    path = directory.file("run.sortie")
    result = try SortieTool.run(
      Self.arguments(guest, iterations: iterations, more, to: path), limit: limit)
  }

  /// A trace that was recorded some other way.
  init(_ directory: TemporaryDirectory, path: String, _ result: Subprocess.Result) {
    self.directory = directory
    self.path = path
    self.result = result
  }

  static func arguments(
    _ guest: String, iterations: UInt64?, _ more: [String] = [], to path: String
  ) -> [String] {
    ["record", guest] + (iterations.map { ["--iterations", "\($0)"] } ?? []) + more + ["-o", path]
  }

  func report() throws -> ReportDocument { try document(["report", path, "--json"]) }

  /// `info` tells by its status whether the trace is whole.
  func info() throws -> InfoDocument {
    let info: InfoDocument = try document(["info", path, "--json"], statuses: [0, 1])
    let status = try SortieTool.run(["info", path]).status
    #expect(status == (info.finished && info.damage.isEmpty ? 0 : 1))
    return info
  }

  /// What the VMM and the guest stamped; the kernel's events are left out.
  func events() throws -> [DumpedEvent] {
    let decoder = Self.decoder
    return try dumpedLines().filter { !$0.starts(with: Self.kernelLine) }.map {
      try decoder.decode(DumpedEvent.self, from: Data($0))
    }
  }

  /// The kernel's events.
  func kernelEvents() throws -> [DumpedKernelEvent] {
    let decoder = Self.decoder
    return try dumpedLines().filter { $0.starts(with: Self.kernelLine) }.map {
      try decoder.decode(DumpedKernelEvent.self, from: Data($0))
    }
  }

  private static let kernelLine = Array(#"{"kind":"kernel","#.utf8)

  private func dumpedLines() throws -> [ArraySlice<UInt8>] {
    let result = try SortieTool.run(["dump", path, "--json"])
    try #require(result.status == 0, "\(result.messages)")
    return result.output.split(separator: UInt8(ascii: "\n"))
  }

  /// How many round trips of the guest's the dump lists, for traces with very many.
  func heavyEvents() throws -> UInt64 {
    let result = try SortieTool.run(["dump", path, "--reason", "heavy"])
    try #require(result.status == 0, "\(result.messages)")
    return result.output.withUnsafeBufferPointer { UInt64($0.count { $0 == UInt8(ascii: "\n") }) }
  }

  private func document<Document: Decodable>(
    _ arguments: [String], statuses: Set<Int32> = [0]
  ) throws -> Document {
    let result = try SortieTool.run(arguments)
    try #require(result.status.map(statuses.contains) == true, "\(result.messages)")
    return try Self.decoder.decode(Document.self, from: Data(result.output))
  }

  private static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
  }
}

extension Workload {
  /// Iterations that are soon done where guest code is emulated, and fill a coalesced ring several times.
  var testIterations: UInt64 { name == "pio-string" ? 100 : min(defaultIterations, 700) }
}
