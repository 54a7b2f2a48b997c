import Testing

/// Expects that a program refused its input in one sentence that contains `text`, without a crash.
func expectRefusal(
  _ result: Subprocess.Result, naming text: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(
    result.ending == .exited(1) || result.ending == .exited(2), "\(result.messages)",
    sourceLocation: sourceLocation)
  let sentences = result.messages.split(separator: "\n").filter { $0.hasPrefix("sortie: ") }
  #expect(sentences.count == 1, "\(result.messages)", sourceLocation: sourceLocation)
  #expect(sentences.first?.contains(text) == true, "\(result.messages)", sourceLocation: sourceLocation)
  #expect(result.output.isEmpty, sourceLocation: sourceLocation)
}
