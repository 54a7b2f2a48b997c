import Foundation
import Testing
import WorkloadCatalog

/// The program under test. It runs in processes of its own: nothing inside a test process can stop a thread that is
/// in KVM_RUN.
enum SortieTool {
  /// `SORTIE_TEST_BINARY`, else the release build, else the product built with the tests; nil if there is none.
  static let path: String? = {
    if let given = ProcessInfo.processInfo.environment["SORTIE_TEST_BINARY"] { return given }
    return [root + ".build/release/sortie", testProducts + "sortie"].first(where: isExecutable)
  }()

  /// Where the guests' images are, unless they lie beside the program.
  private static let guests: String? = {
    if let path, isExecutable(directory(of: path) + "workloads/pio-write") { return nil }
    let built = root + "Workloads/.build/x86_64-unknown-none-elf/release"
    return isExecutable(built + "/pio-write") ? built : nil
  }()

  /// The image of a workload.
  static func image(_ workload: String) throws -> String {
    let path = try #require(path)
    return (guests ?? directory(of: path) + "workloads") + "/" + workload
  }

  /// What is missing for the tests of this target; nil if nothing is.
  static let obstacle: String? = {
    guard let path, isExecutable(path) else { return "sortie is not built: make build" }
    let images = guests ?? directory(of: path) + "workloads"
    return isExecutable(images + "/pio-write") ? nil : "the guests are not built: make guests"
  }()

  /// Starts the program.
  static func start(_ arguments: [String]) throws -> Subprocess {
    try Subprocess(try #require(path), arguments, environment: environment)
  }

  /// Runs the program to its end; `limit` in seconds.
  static func run(_ arguments: [String], limit: Double = 30) throws -> Subprocess.Result {
    try start(arguments).wait(limit: limit)
  }

  static let environment = guests.map { ["SORTIE_WORKLOADS": $0] } ?? [:]

  /// The package's directory, seen from this file, with a slash behind it.
  private static let root =
    #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/"

  /// Where SwiftPM puts what it builds for the tests.
  private static let testProducts: String = {
    let runner = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return directory(of: runner)
  }()

  private static func directory(of path: String) -> String {
    path.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/"
  }

  private static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }
}
