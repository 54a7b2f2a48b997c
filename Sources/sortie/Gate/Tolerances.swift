import ArgumentParser
import WorkloadCatalog

/// What `--tolerance` says: one for all operations, and others for some.
struct Tolerances {
  /// The tolerance where no other is named, as a share.
  private(set) var common: Double?
  /// Those of single operations.
  private(set) var special: [String: Double] = [:]

  /// The tolerances that `words` state, each `2%` or `hypercall=1%`.
  ///
  /// - Throws: `ValidationError` naming the word that is none.
  init(_ words: [String]) throws {
    for word in words {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let number = parts[parts.count - 1].dropLast()
      // 0.02 could be meant as a share or as percent.
      guard word.hasSuffix("%"), let percent = Double(number), percent >= 0, percent <= 1000 else {
        throw ValidationError("--tolerance \(word): expected 2% or OPERATION=2%, from 0% to 1000%")
      }
      guard parts.count == 2 else {
        common = percent / 100
        continue
      }
      guard let workload = Workload.named(String(parts[0])) else {
        throw ValidationError("--tolerance \(word): there is no operation \(parts[0])")
      }
      special[workload.name] = percent / 100
    }
  }

  /// The tolerance of an operation, where the words state one.
  func stated(_ operation: String) -> Double? { special[operation] ?? common }

  /// The tolerance of an operation.
  subscript(operation: String) -> Double { stated(operation) ?? 0.02 }

  /// The tolerance of an operation's exit counts, which are held exit for exit where nothing else is said.
  func ofCounts(_ operation: String) -> Double { stated(operation) ?? 0 }
}
