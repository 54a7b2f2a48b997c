import Glibc
import Testing

@testable import SortieStatistics

/// SciPy, which `make test` installs from PyPI into a virtual environment of its own.
private enum SciPy {
  static let directory = #filePath.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
  static let python = directory + "/../../.build/scipy/bin/python"

  static var isInstalled: Bool { access(python, X_OK) == 0 }

  /// Its answers to questions, a line each.
  static func answers(to questions: [String]) throws -> [Double] {
    var path = Array("/tmp/sortie-statistics-XXXXXX".utf8CString)
    let file = mkstemp(&path)
    try #require(file >= 0)
    defer { unlink(path) }
    let text = questions.joined(separator: "\n") + "\n"
    try #require(write(file, text, text.utf8.count) == text.utf8.count)
    close(file)
    let name = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let pipe = try #require(popen("'\(python)' '\(directory)/statistics.py' <\(name)", "r"))
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&chunk, 1, chunk.count, pipe), count > 0 { output += chunk[..<count] }
    try #require(pclose(pipe) == 0)
    return String(decoding: output, as: UTF8.self).split(separator: "\n").compactMap { Double($0) }
  }
}

@Suite(.enabled(if: SciPy.isInstalled, "needs SciPy: make test installs it from PyPI"))
struct SciPyTests {
  @Test("a thousand random inputs give what SciPy and NumPy give, to 1e-6")
  func agreesWithSciPy() throws {
    var generator = SeededGenerator(seed: 20_130_617)
    var questions: [String] = []
    var ours: [Double] = []
    for turn in 0..<1000 {
      // Skewed, tied and signed values, as logarithms of ratios of cycle counts are.
      let values = (0..<Int.random(in: 2...40, using: &generator)).map { _ in
        let value = Double.random(in: -1...1, using: &generator)
        return turn % 3 == 0 ? (value * 8).rounded() / 8 : value * value * value
      }
      let probability = Double.random(in: 0.0001...0.9999, using: &generator)
      let text = values.map { "\($0)" }.joined(separator: " ")
      let few = values.prefix(7)
      questions += [
        "median \(text)", "quantile \(probability) \(text)", "trimmed \(text)", "normal \(probability)",
        "cumulative \(values[0])", "student \(probability) \(turn % 40 + 2)",
        "student-cumulative \(values[0] * 5) \(turn % 40 + 1)",
        "flip \(few.map { "\($0)" }.joined(separator: " "))",
      ]
      ours += [
        try #require(Location.median(values)), try #require(Location.quantile(probability, of: values)),
        try #require(Location.trimmedMean(values)), NormalDistribution.quantile(probability),
        NormalDistribution.cumulative(values[0]),
        StudentDistribution.quantile(probability, degrees: turn % 40 + 2),
        StudentDistribution.cumulative(values[0] * 5, degrees: turn % 40 + 1),
        try #require(
          PermutationTest.signFlip(GroupedSample(rounds: few.map { [$0] }), using: &generator)),
      ]
    }
    let theirs = try SciPy.answers(to: questions)
    try #require(theirs.count == ours.count)
    for (index, pair) in zip(ours, theirs).enumerated() where !(abs(pair.0 - pair.1) <= 1e-6) {
      Issue.record("\(questions[index]): we say \(pair.0), SciPy \(pair.1)")
    }
  }
}
